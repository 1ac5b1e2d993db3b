import { createPublicKey, sign, verify } from "node:crypto";
import { canonicalJson } from "../../src/protocol/canonical-json.ts";
import type { JsonObject, JsonValue } from "../../src/protocol/json.ts";
import { encodeUnpaddedBase64 } from "../../src/protocol/unpadded-base64.ts";
import type { SigningPair } from "../support/signed-keys.ts";

/** What a server signs of a request. https://spec.matrix.org/v1.19/server-server-api/#request-authentication */
export interface SignedRequest {
  readonly method: string;
  /** The path with the query, as it is sent. */
  readonly uri: string;
  readonly origin: string;
  readonly destination: string;
  /** The parsed body. */
  readonly content?: unknown;
}

/** The members of an `Authorization` header. */
export interface XMatrix {
  readonly origin: string;
  readonly destination: string;
  readonly key: string;
  readonly sig: string;
}

/** The header `Authorization` of a request. */
export function authorizationOf(request: SignedRequest, keyId: string, { privateKey }: SigningPair): string {
  const sig = encodeUnpaddedBase64(sign(null, bytesOf(request), privateKey));
  const { origin, destination } = request;
  return `X-Matrix origin="${origin}",destination="${destination}",key="${keyId}",sig="${sig}"`;
}

/** `undefined` where the header is none, or lacks a member. */
export function parseXMatrix(header: string | undefined): XMatrix | undefined {
  if (!header?.startsWith("X-Matrix ")) return undefined;
  const pairs = Array.from(header.slice(9).matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^",\s]+))/g));
  const { origin, destination, key, sig } = Object.fromEntries(
    pairs.map(([, name = "", quoted, bare]) => [name.toLowerCase(), quoted ?? bare ?? ""]),
  );
  if (!origin || !destination || !key || !sig) return undefined;
  return { origin, destination, key, sig };
}

/** @param publicKey unpadded base64 of 32 bytes */
export function isSignedBy(request: SignedRequest, sig: string, publicKey: string): boolean {
  const x = Buffer.from(publicKey, "base64").toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return verify(null, bytesOf(request), key, Buffer.from(sig, "base64"));
}

function bytesOf({ method, uri, origin, destination, content }: SignedRequest): Buffer {
  const object: JsonObject = { method, uri, origin, destination };
  if (content !== undefined) object["content"] = content as JsonValue;
  return Buffer.from(canonicalJson(object));
}
