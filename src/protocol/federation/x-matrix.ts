import { parseServerName, type ServerName } from "../identifiers/server-name.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { type Signer, signingBytes } from "../signed-json.ts";
import { isServerKeyId } from "./key-id.ts";

/** What the header of a signed request says. */
export interface XMatrix {
  readonly origin: ServerName;
  /** Older servers do not send it. */
  readonly destination: ServerName | undefined;
  /** `ed25519:` and the key's version. */
  readonly keyId: string;
  readonly signature: string;
}

/** What of a request between servers is signed. */
export interface SignedRequest {
  readonly method: string;
  /** The path as it is sent, with the query. */
  readonly uri: string;
  readonly origin: ServerName;
  readonly destination: ServerName;
  /** The parsed body; `undefined` where there is none. */
  readonly content: JsonValue | undefined;
}

/** Characters: four values, each with a backslash before each character. */
const longestHeader = 4096;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const tokenOrColons = token.replace("[", "[:");
const quoted = String.raw`"((?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)"`;
const scheme = /^X-Matrix +[ \t,]*/i;
const parameter = new RegExp(`(${token})[ \\t]*=[ \\t]*(?:(${tokenOrColons})|${quoted})[ \\t]*(?:,[ \\t,]*|$)`, "y");

/**
 * Reads the `Authorization` header of a request of another server: the parameters of RFC 9110, and colons without quotes.
 * Never throws: `undefined` for what is none, names a parameter twice, or is signed with another algorithm than ed25519.
 * https://spec.matrix.org/v1.19/server-server-api/#request-authentication
 */
export function parseXMatrix(header: string): XMatrix | undefined {
  const parameters = parseParameters(header);
  if (parameters === undefined) return undefined;
  const origin = parseServerName(parameters.get("origin"));
  const destination = parseServerName(parameters.get("destination"));
  const keyId = parameters.get("key");
  const signature = parameters.get("sig");
  if (origin === undefined || keyId === undefined || signature === undefined || !isServerKeyId(keyId)) return undefined;
  if (destination === undefined && parameters.has("destination")) return undefined;
  return { origin, destination, keyId, signature };
}

/** By their names in lower case. */
function parseParameters(header: string): Map<string, string> | undefined {
  if (header.length > longestHeader) return undefined;
  const start = scheme.exec(header)?.[0].length;
  if (start === undefined) return undefined;
  const parameters = new Map<string, string>();
  parameter.lastIndex = start;
  while (parameter.lastIndex < header.length) {
    const [, name, plain, escaped = ""] = parameter.exec(header) ?? [];
    const key = name?.toLowerCase();
    if (key === undefined || parameters.has(key)) return undefined;
    parameters.set(key, plain ?? escaped.replace(/\\(.)/gs, "$1"));
  }
  return parameters;
}

/** The value of the header `Authorization`. */
export function writeXMatrix({ origin, destination, keyId, signature }: XMatrix & { destination: ServerName }): string {
  return `X-Matrix origin="${origin}",destination="${destination}",key="${keyId}",sig="${signature}"`;
}

/** The object that a request's signature is made over. */
export function requestObject({ content, ...request }: SignedRequest): JsonObject {
  const { method, uri, origin, destination } = request;
  return { method, uri, origin, destination, ...(content === undefined ? {} : { content }) };
}

/**
 * The header `Authorization` for a request of this server.
 * @throws MatrixError M_BAD_JSON when the content has no canonical JSON
 */
export function signRequest(request: SignedRequest, key: Signer): string {
  const signature = key.sign(signingBytes(requestObject(request)));
  return writeXMatrix({ ...request, keyId: key.keyId, signature });
}
