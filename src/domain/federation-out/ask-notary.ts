import { parseServerKeys } from "../../protocol/federation/server-keys-object.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import { verifySignature } from "../../protocol/signed-json.ts";
import { type FetchServerKeysDeps, fetchServerKeys, type KeySeeker } from "./fetch-server-keys.ts";
import { findCurrentKey } from "./find-current-key.ts";
import { storeServerKeys } from "./store-server-keys.ts";

/** Objects of one answer, and signatures of the notary on one object, that are looked at. */
const mostObjects = 10;
const mostSignatures = 4;

/** The notaries are the operator's choice. */
const trusting: KeySeeker = { purpose: "request", mayMeet: () => true };

/**
 * Asks a notary for another server's keys, and stores what both the notary and the other server have signed.
 * https://spec.matrix.org/v1.19/server-server-api/#querying-keys-through-another-server
 */
export async function askNotary(
  deps: FetchServerKeysDeps,
  notary: ServerName,
  server: ServerName,
  keyId: string,
): Promise<void> {
  const { body } = await deps.keyServers.askNotary(notary, server, keyId, deps.clock.now());
  for (const value of objectsOf(body, server)) {
    if (!(await isVouchedFor(deps, notary, value))) continue;
    const object = parseServerKeys(value, server);
    if (object !== undefined) await storeServerKeys(deps, server, object, "notary");
  }
}

/** Those about the server, the one that says the latest last. */
function objectsOf(body: JsonObject | undefined, server: ServerName): JsonObject[] {
  const values = body?.["server_keys"];
  if (!Array.isArray(values)) return [];
  const objects = values.filter((value) => isJsonObject(value) && value["server_name"] === server) as JsonObject[];
  const saidUntil = ({ valid_until_ts: time }: JsonObject) => (typeof time === "number" ? time : 0);
  return objects.slice(0, mostObjects).sort((one, other) => saidUntil(one) - saidUntil(other));
}

/** The notary's own keys are had from the notary alone. */
async function isVouchedFor(deps: FetchServerKeysDeps, notary: ServerName, object: JsonObject): Promise<boolean> {
  for (const keyId of signersOf(object["signatures"], notary)) {
    let publicKey = await findCurrentKey(deps, notary, keyId);
    if (publicKey === undefined && (await fetchServerKeys(deps, notary, trusting))) {
      publicKey = await findCurrentKey(deps, notary, keyId);
    }
    if (publicKey !== undefined && verifySignature(object, notary, keyId, publicKey)) return true;
  }
  return false;
}

function signersOf(signatures: JsonValue | undefined, notary: ServerName): string[] {
  const own = isJsonObject(signatures) && Object.hasOwn(signatures, notary) ? signatures[notary] : undefined;
  return isJsonObject(own) ? Object.keys(own).slice(0, mostSignatures) : [];
}
