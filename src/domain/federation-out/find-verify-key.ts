import { isServerKeyId } from "../../protocol/federation/key-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { askNotary } from "./ask-notary.ts";
import { type FetchServerKeysDeps, fetchServerKeys, type KeySeeker } from "./fetch-server-keys.ts";
import { findCurrentKey } from "./find-current-key.ts";

export interface FindVerifyKeyDeps extends FetchServerKeysDeps {
  readonly serverName: ServerName;
  /** Asked in this order where a server does not answer itself. */
  readonly notaries: readonly ServerName[];
}

/**
 * The public key (unpadded base64) with which another server signs its requests now: from the store, else from the server,
 * else from a notary. `undefined` where there is none, it is an old one, or it was not published when it was last asked.
 * https://spec.matrix.org/v1.19/server-server-api/#retrieving-server-keys
 *
 * @throws what `mayMeet` throws
 */
export async function findVerifyKey(
  deps: FindVerifyKeyDeps,
  server: ServerName,
  keyId: string,
  mayMeet: KeySeeker["mayMeet"],
): Promise<string | undefined> {
  // This server makes no requests to itself.
  if (server === deps.serverName || !isServerKeyId(keyId)) return undefined;
  const known = await findCurrentKey(deps, server, keyId);
  if (known !== undefined) return known;
  if (await fetchServerKeys(deps, server, { purpose: "request", mayMeet })) return findCurrentKey(deps, server, keyId);
  for (const notary of deps.notaries) {
    if (notary === server || notary === deps.serverName) continue;
    await askNotary(deps, notary, server, keyId);
    const vouchedFor = await findCurrentKey(deps, server, keyId);
    if (vouchedFor !== undefined) return vouchedFor;
  }
  return undefined;
}
