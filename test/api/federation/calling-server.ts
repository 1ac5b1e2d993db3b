import { sign } from "node:crypto";
import { canonicalJson } from "../../../src/protocol/canonical-json.ts";
import { writeXMatrix } from "../../../src/protocol/federation/x-matrix.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { JsonObject, JsonValue } from "../../../src/protocol/json.ts";
import { encodeUnpaddedBase64 } from "../../../src/protocol/unpadded-base64.ts";
import { wrapFetch } from "../../openapi/checking-fetch.ts";
import type { Answer } from "../../support/client.ts";
import { type SigningPair, signed, signingPair } from "../../support/signed-keys.ts";

const checkedFetch = wrapFetch((input, init) => globalThis.fetch(input, init), ["/_matrix/", "/.well-known/"]);

/** What of a request is otherwise than it should be. */
export interface Deviation {
  /** The text of the body, beside what is signed. */
  readonly body?: string;
  /** What the signed object says, beside what is sent. */
  readonly signed?: Partial<Record<"method" | "uri" | "origin" | "destination", string>> & {
    readonly content?: JsonValue;
  };
  /** The header, made of what would be right; `undefined`: none. */
  readonly header?: (parts: Record<"origin" | "destination" | "key" | "sig", string>) => string | undefined;
}

/** Another server, as far as it makes requests: it signs them. Every answer is held against the specification. */
export class CallingServer {
  readonly name: ServerName;
  readonly keyId = "ed25519:first";
  readonly key: SigningPair = signingPair();
  /** Where the server is that it calls, and its name. */
  readonly #url: string;
  readonly #destination: string;

  constructor(name: string, url: string, destination: string) {
    this.name = name as ServerName;
    this.#url = url;
    this.#destination = destination;
  }

  /** What it says of its keys. */
  serverKeys(validUntil: number): JsonObject {
    const object = {
      server_name: this.name,
      valid_until_ts: validUntil,
      verify_keys: { [this.keyId]: { key: this.key.publicKey } },
      old_verify_keys: {},
    };
    return signed(object, this.name, this.keyId, this.key);
  }

  /** `path` without `/_matrix/federation/v1`, unless it begins with `/_matrix`. */
  async request(method: string, path: string, content?: JsonValue, so: Deviation = {}): Promise<Answer> {
    const uri = path.startsWith("/_matrix") ? path : `/_matrix/federation/v1${path}`;
    const body = so.body ?? (content === undefined ? undefined : JSON.stringify(content));
    const authorization = this.#authorization(method, uri, content, so);
    const response = await checkedFetch(`${this.#url}${uri}`, {
      method,
      headers: authorization === undefined ? {} : { authorization },
      ...(body !== undefined && { body }),
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  }

  get(path: string, so?: Deviation): Promise<Answer> {
    return this.request("GET", path, undefined, so);
  }

  post(path: string, content: JsonValue, so?: Deviation): Promise<Answer> {
    return this.request("POST", path, content, so);
  }

  /** Signs the bytes of the body as they are, be they canonical JSON or none. */
  signedAsSent(method: string, path: string, body: string): Promise<Answer> {
    const uri = `/_matrix/federation/v1${path}`;
    const rest = canonicalJson({ method, uri, origin: this.name, destination: this.#destination });
    const bytes = Buffer.from(`{"content":${body},${rest.slice(1)}`);
    const signature = encodeUnpaddedBase64(sign(null, bytes, this.key.privateKey));
    const header: Deviation["header"] = ({ origin, key }) =>
      `X-Matrix origin="${origin}",key="${key}",sig="${signature}"`;
    return this.request(method, path, undefined, { body, header });
  }

  send(transactionId: string, edus: readonly JsonValue[], more: JsonObject = {}): Promise<Answer> {
    const transaction = { origin: this.name, origin_server_ts: 1_790_000_000_000, pdus: [], edus: [...edus], ...more };
    // As servers do: what is large is not looked at in another form.
    const body = canonicalJson(transaction);
    return this.request("PUT", `/send/${encodeURIComponent(transactionId)}`, transaction, { body });
  }

  /** A user of this server. */
  user(localpart: string): string {
    return `@${localpart}:${this.name}`;
  }

  #authorization(method: string, uri: string, content: JsonValue | undefined, so: Deviation): string | undefined {
    const destination = this.#destination as ServerName;
    const object = {
      method,
      uri,
      origin: this.name,
      destination,
      ...(content === undefined ? {} : { content }),
      ...so.signed,
    };
    const { signatures } = signed(object as JsonObject, this.name, this.keyId, this.key);
    const signature = (signatures as Record<string, Record<string, string>>)[this.name]?.[this.keyId] ?? "";
    if (so.header) return so.header({ origin: this.name, destination, key: this.keyId, sig: signature });
    return writeXMatrix({ origin: this.name, destination, keyId: this.keyId, signature });
  }
}
