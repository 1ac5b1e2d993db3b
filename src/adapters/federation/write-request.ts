import type { SigningKey } from "../../domain/federation-out/signing-key.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { signRequest } from "../../protocol/federation/x-matrix.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { JsonObject, JsonValue } from "../../protocol/json.ts";

export interface FederationRequest {
  readonly method: "GET" | "POST" | "PUT";
  /** As it is sent. */
  readonly path: string;
  /** JSON: what is in it, or its text. */
  readonly body?: { readonly content: JsonObject } | { readonly text: string };
  readonly isSigned: boolean;
  /** Bytes of the answer that are read. */
  readonly mostBytes: number;
}

/** As the HTTP client wants it. */
export interface WrittenRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Who sends requests. */
export interface Sender {
  readonly serverName: ServerName;
  readonly signingKey: Pick<SigningKey, "keyId" | "sign">;
}

/**
 * Writes and signs a request. https://spec.matrix.org/v1.19/server-server-api/#request-authentication
 * @throws MatrixError or SyntaxError for a body that is no JSON, or has no canonical JSON
 */
export function writeRequest(
  { method, path, body, isSigned }: FederationRequest,
  destination: ServerName,
  { serverName: origin, signingKey }: Sender,
): WrittenRequest {
  const text = body && ("text" in body ? body.text : canonicalJson(body.content));
  const content = body && ("text" in body ? (JSON.parse(body.text) as JsonValue) : body.content);
  return {
    ...{ method, path, body: text ?? null },
    headers: {
      "user-agent": "Claviger",
      ...(isSigned && { authorization: signRequest({ method, uri: path, origin, destination, content }, signingKey) }),
      ...(body && { "content-type": "application/json" }),
    },
  };
}
