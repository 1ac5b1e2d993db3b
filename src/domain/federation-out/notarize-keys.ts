import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { signJson } from "../../protocol/signed-json.ts";
import { givingWay } from "../kernel/give-way.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { type FetchServerKeysDeps, fetchServerKeys, type KeySeeker } from "./fetch-server-keys.ts";
import type { OwnKeyStore } from "./own-key-store.ts";
import { publishServerKeys } from "./publish-server-keys.ts";
import type { StoredKeysObject, StoredServerKey } from "./server-key-store.ts";
import type { SigningKey } from "./signing-key.ts";
import type { ServerKeyStores } from "./store-server-keys.ts";

export interface NotarizeKeysDeps extends FetchServerKeysDeps {
  readonly snapshots: Snapshots<ServerKeyStores & { readonly ownKeys: OwnKeyStore }>;
  readonly serverName: ServerName;
  readonly signingKey: SigningKey;
}

/** Keys of a server that somebody wants to hear of from this one. */
export interface WantedKeys {
  /** None: all that it has now. */
  readonly keyIds: ReadonlySet<string>;
  /** Ms since the epoch; a copy that is valid now is asked for in any case. */
  readonly minimumValidUntil: number;
}

const mostServers = 100;

/** Keys that are named, of all servers together. */
const mostKeys = 200;

/**
 * What is known of other servers' keys, each object as its server has signed it and signed by this one: canonical JSON.
 * Servers of which nothing is known, and nothing is to be had, are missing, and so are those that `mayMeet` keeps away.
 * https://spec.matrix.org/v1.19/server-server-api/#querying-keys-through-another-server
 *
 * @throws MatrixError M_TOO_LARGE for more than 100 servers, or 200 of their keys
 */
export async function notarizeKeys(
  deps: NotarizeKeysDeps,
  wanted: ReadonlyMap<ServerName, WantedKeys>,
  mayMeet: KeySeeker["mayMeet"],
): Promise<string[]> {
  if (wanted.size > mostServers) {
    throw new MatrixError("M_TOO_LARGE", `At most ${mostServers} servers can be asked for at once`);
  }
  const named = wanted.values().reduce((sum, { keyIds }) => sum + keyIds.size, 0);
  if (named > mostKeys) throw new MatrixError("M_TOO_LARGE", `At most ${mostKeys} keys can be asked for at once`);
  const giveWay = givingWay(deps.clock);
  const seeker: KeySeeker = { purpose: "notary", mayMeet };
  const answers = [...wanted].map(async ([server, keys]) => {
    if (server === deps.serverName) return publishServerKeys(deps);
    const json = await objectOf(deps, server, keys, seeker);
    if (json === undefined) return undefined;
    await giveWay();
    return canonicalJson(signJson(JSON.parse(json) as JsonObject, deps.serverName, deps.signingKey));
  });
  return (await Promise.all(answers)).filter((answer) => answer !== undefined);
}

/** What the server has said last. */
async function objectOf(
  deps: NotarizeKeysDeps,
  server: ServerName,
  wanted: WantedKeys,
  seeker: KeySeeker,
): Promise<string | undefined> {
  const find = () => deps.snapshots.ask(({ serverKeys }) => serverKeys.findObject(server));
  const object = await find();
  const keys = await deps.snapshots.ask(({ serverKeys }) => serverKeys.listKeys(server));
  if (object && isFreshEnough(object, keys, wanted, deps.clock.now())) return object.json;
  return (await fetchServerKeys(deps, server, seeker)) ? (await find())?.json : object?.json;
}

/** A copy serves for the first half of the time for which it is valid. */
function isFreshEnough(
  { fetchedAt, validUntil }: StoredKeysObject,
  keys: readonly StoredServerKey[],
  { keyIds, minimumValidUntil }: WantedKeys,
  now: number,
): boolean {
  if (now > (fetchedAt + validUntil) / 2 || validUntil < minimumValidUntil) return false;
  const isGood = (key: StoredServerKey) => key.expiredAt !== undefined || key.validUntil >= minimumValidUntil;
  return keyIds.isSubsetOf(new Set(keys.filter(isGood).map(({ keyId }) => keyId)));
}
