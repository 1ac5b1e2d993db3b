import type { JsonObject } from "../../protocol/json.ts";

/** Why another server has given nothing. */
export interface RemoteFailure {
  readonly kind: /** This server does not speak to others. */
    | "not-federated"
    /** It was not asked: it has not answered before, and it is not yet time to try again. */
    | "spared"
    /** No connection: no such name, refused, a certificate that is none, an address that is not to be asked. */
    | "unreachable"
    | "timeout"
    /** It has answered with another status than 200. */
    | "status"
    /** Its answer is too long, too deep, or no JSON object. */
    | "unreadable";
  /** One line, without secrets, and without words of the other server. */
  readonly error: string;
  /** Of the answer, where there is one. */
  readonly status?: number;
  /** Of the answer's body, where it is in the catalogue. */
  readonly errcode?: string;
}

/** What another server has answered. Nothing of it is checked, but that it is an object within the bounds of JSON here. */
export type RemoteAnswer =
  | { readonly body: JsonObject; readonly failure?: undefined }
  | { readonly body?: undefined; readonly failure: RemoteFailure };
