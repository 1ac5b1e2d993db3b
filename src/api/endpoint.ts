import type { Requester } from "../domain/kernel/requester.ts";
import type { ServerName } from "../protocol/identifiers/server-name.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { RouteGroup } from "./limits/route-group.ts";
import type { JsonSchema } from "./reading/json-schema.ts";
import type { Query } from "./reading/query-parameter.ts";

/** An answer whose JSON text is put together already: stored key objects go out as they are stored. */
export class RenderedJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * A 200 answer that is put together while it is sent: JSON text, piece by piece, each asked for when the caller has taken
 * what came before. When the caller hangs up, no more is asked for; when a piece fails, the connection is closed, so that
 * the caller sees an answer that was cut short.
 */
export class StreamedJson {
  readonly pieces: AsyncIterable<string>;
  constructor(pieces: AsyncIterable<string>) {
    this.pieces = pieces;
  }
}

/** An answer with another status than 200. */
export class StatusAnswer {
  readonly status: number;
  readonly body: object;
  constructor(status: number, body: object) {
    this.status = status;
    this.body = body;
  }
}

/** One request, parsed as far as its contract goes. */
export interface Call<Who = Requester | undefined> {
  readonly requester: Who;
  /** As it stands in the request: a secret, and good only for who looks it up. */
  readonly accessToken: string | undefined;
  /** Valid against the contract's `body`; `{}` where the contract has none. */
  readonly body: JsonObject;
  /** The decoded variables of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  /** The caller's address. */
  readonly ip: string;
  /** Counts, and answers whether the caller may now make this server ask another one that it knows nothing of. */
  mayMeet(): boolean;
  /** Calls `listener` when the caller hangs up before it was answered. */
  onHangUp(listener: () => void): void;
}

interface Contract {
  /** The specification's name for it; the file has the same name in kebab-case. */
  readonly operationId: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Every path it is served under; variables are written `:name`. */
  readonly paths: readonly string[];
  readonly rateLimit: RouteGroup;
  /** JSON Schema of the body's outer shape; absent where a body is not read. */
  readonly body?: JsonSchema;
  /** The largest body in bytes, where it may be larger than others. */
  readonly maxBodyBytes?: number;
  /** Link to the specification, one pinned version. */
  readonly spec: string;
}

/** An endpoint that only the holder of an access token may call. */
export interface AuthenticatedEndpoint<Deps> extends Contract {
  readonly caller: "user";
  /** The 200 answer, or a `StatusAnswer`; refusals are thrown. */
  handle(deps: Deps, call: Call<Requester>): Promise<object | RenderedJson | StreamedJson | StatusAnswer>;
}

/** The server that makes a request: it has signed it. */
export interface RequestingServer {
  readonly origin: ServerName;
}

/**
 * An endpoint that other servers call, with signed requests.
 * https://spec.matrix.org/v1.19/server-server-api/#request-authentication
 */
export interface ServerEndpoint<Deps> extends Contract {
  readonly caller: "server";
  handle(deps: Deps, call: Call<RequestingServer>): Promise<object | RenderedJson | StreamedJson | StatusAnswer>;
}

/** An endpoint that anybody may call. */
export interface PublicEndpoint<Deps> extends Contract {
  readonly caller: "anyone";
  handle(deps: Deps, call: Call<undefined>): Promise<object | RenderedJson | StreamedJson | StatusAnswer>;
}

export type Endpoint<Deps> = AuthenticatedEndpoint<Deps> | PublicEndpoint<Deps> | ServerEndpoint<Deps>;
