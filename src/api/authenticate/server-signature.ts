import type { KeySeeker } from "../../domain/federation-out/fetch-server-keys.ts";
import { type FindVerifyKeyDeps, findVerifyKey } from "../../domain/federation-out/find-verify-key.ts";
import type { ServerSigns } from "../../domain/federation-out/remote-servers.ts";
import type { FederationObserver } from "../../domain/kernel/observer.ts";
import type { SignatureVerifier } from "../../domain/kernel/signature-verifier.ts";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { parseXMatrix } from "../../protocol/federation/x-matrix.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

export interface ServerSignatureDeps extends FindVerifyKeyDeps {
  readonly signatureVerifier: SignatureVerifier;
  readonly serverSigns: ServerSigns;
  readonly federationObserver: Pick<FederationObserver, "serverRefused">;
}

/** Who says to have signed a request. The key is that server's; the signature is still to be verified. */
export interface AssertedServer {
  readonly origin: ServerName;
  /** Unpadded base64, as the next. */
  readonly signature: string;
  readonly publicKey: string;
}

/** What of a request is signed. */
export interface SignedRequest {
  readonly method: string;
  /** The path as it was sent, with the query. */
  readonly uri: string;
  /** JSON text; `undefined` where there is no body. */
  readonly content: Buffer | undefined;
}

/**
 * Whom the header of another server's request names, before the body is read: so nobody whose keys cannot be found has one
 * read. https://spec.matrix.org/v1.19/server-server-api/#request-authentication
 *
 * @param header the header `Authorization`
 * @throws MatrixError 401 `M_UNAUTHORIZED`; what `mayMeet` throws
 */
export async function findAssertedServer(
  deps: ServerSignatureDeps,
  header: string | undefined,
  mayMeet: KeySeeker["mayMeet"],
): Promise<AssertedServer> {
  const said = header === undefined ? undefined : parseXMatrix(header);
  if (said === undefined) throw refusal(deps, "malformed", "The request must be signed: Authorization: X-Matrix …");
  const { origin, destination, keyId, signature } = said;
  if (destination !== undefined && destination !== deps.serverName) {
    throw refusal(
      deps,
      "other_destination",
      `The request is for ${destination}, and this server is ${deps.serverName}`,
    );
  }
  if (origin === deps.serverName) {
    throw refusal(deps, "malformed", "The request is signed in the name of this server, which sends itself none");
  }
  const publicKey = await findVerifyKey(deps, origin, keyId, mayMeet);
  if (publicKey === undefined) {
    throw refusal(deps, "unknown_key", `The key ${keyId} of ${origin} cannot be found, or is valid no more`);
  }
  return { origin, signature, publicKey };
}

/** Whether the server has signed this request, which shows that it is alive. Verified off the event loop. */
export async function isSigned(
  { serverName: destination, signatureVerifier, serverSigns }: ServerSignatureDeps,
  { origin, signature, publicKey }: AssertedServer,
  { method, uri, content }: SignedRequest,
): Promise<boolean> {
  const rest = canonicalJson({ method, uri, origin, destination });
  // "content" comes before all other names.
  const bytes = content
    ? Buffer.concat([Buffer.from('{"content":'), content, Buffer.from(`,${rest.slice(1)}`)])
    : Buffer.from(rest);
  const [isGood = false] = await signatureVerifier.verify([{ bytes, signature, publicKey }]);
  if (isGood) serverSigns.noteAlive(origin);
  return isGood;
}

/** The refusal of a request that its server has not signed. */
export function badSignature(deps: ServerSignatureDeps, { origin }: AssertedServer): MatrixError {
  return refusal(deps, "bad_signature", `The signature of ${origin} does not verify for this request`);
}

function refusal(
  { federationObserver }: ServerSignatureDeps,
  reason: Parameters<FederationObserver["serverRefused"]>[0],
  text: string,
): MatrixError {
  federationObserver.serverRefused(reason);
  return new MatrixError("M_UNAUTHORIZED", text);
}
