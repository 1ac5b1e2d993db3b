import type { ServerKeysObject } from "../../protocol/federation/server-keys-object.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { Clock } from "../kernel/clock.ts";
import type { NamedScope, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { ServerKeyStore, StoredServerKey } from "./server-key-store.ts";

export interface ServerKeyStores {
  readonly serverKeys: ServerKeyStore;
}

export interface StoreServerKeysDeps {
  readonly unitOfWork: UnitOfWork<ServerKeyStores>;
  readonly clock: Clock;
}

/** Who has given an object: the server whose keys it holds, or a notary. */
export type KeySource = "itself" | "notary";

/** Ms: no key is trusted for longer after it was fetched, whatever its server says. */
const longestValidity = 7 * 24 * 3600_000;

/** Of one server, with those that have expired: one that makes up new ones each day is not followed for ever. */
const mostStoredKeys = 20;

/** What a unit that changes these servers' keys decides about. */
export function scopeOfKeys(...servers: readonly ServerName[]): NamedScope {
  return { exclusive: servers.map((server) => `keys of ${server}`) };
}

/**
 * Takes over what an object says of its server's keys. Keys that have expired stay, but for the oldest where there are too
 * many. What the server itself publishes no more is good no more. A notary adds and expires keys; it neither replaces a key
 * nor brings back an expired one.
 * https://spec.matrix.org/v1.19/server-server-api/#retrieving-server-keys
 */
export async function storeServerKeys(
  deps: StoreServerKeysDeps,
  server: ServerName,
  object: ServerKeysObject,
  source: KeySource,
): Promise<void> {
  const now = deps.clock.now();
  const validUntil = Math.min(object.validUntil, now + longestValidity);
  await deps.unitOfWork.run(scopeOfKeys(server), async ({ serverKeys }) => {
    const said = await serverKeys.findObject(server);
    const stored = new Map((await serverKeys.listKeys(server)).map((key) => [key.keyId, key]));
    const taken = keysOf(object, validUntil, now).filter((key) => isTaken(key, stored.get(key.keyId), source));
    const withdrawn = source === "itself" ? withdrawnKeys([...stored.values()], object, now) : [];
    const changed = new Map([...withdrawn, ...taken].map((key) => [key.keyId, key]));
    const all = [...new Map([...stored, ...changed]).values()].sort((one, other) => byUse(one, other, now));
    const kept = new Set(all.slice(0, mostStoredKeys));
    await serverKeys.putKeys(
      server,
      [...changed.values()].filter((key) => kept.has(key)),
    );
    await serverKeys.removeKeys(
      server,
      all.slice(mostStoredKeys).flatMap(({ keyId }) => (stored.has(keyId) ? [keyId] : [])),
    );
    // A notary may give what the server has said before.
    if (source === "notary" && said && said.validUntil > validUntil) return;
    await serverKeys.putObject(server, { json: object.json, validUntil, fetchedAt: now });
  });
}

function keysOf(
  { verifyKeys, oldVerifyKeys }: ServerKeysObject,
  validUntil: number,
  fetchedAt: number,
): StoredServerKey[] {
  const current = verifyKeys.map((key) => ({ ...key, validUntil, expiredAt: undefined, fetchedAt }));
  const old = oldVerifyKeys.map((key) => ({ ...key, validUntil: key.expiredAt, fetchedAt }));
  return [...current, ...old];
}

function isTaken(given: StoredServerKey, stored: StoredServerKey | undefined, source: KeySource): boolean {
  if (source === "itself" || stored === undefined) return true;
  if (given.publicKey !== stored.publicKey) return false;
  return stored.expiredAt === undefined || given.expiredAt !== undefined;
}

/** Those that requests could still be signed with, and that the server names no more. */
function withdrawnKeys(stored: readonly StoredServerKey[], object: ServerKeysObject, now: number): StoredServerKey[] {
  const named = new Set([...object.verifyKeys, ...object.oldVerifyKeys].map(({ keyId }) => keyId));
  return stored
    .filter((key) => !named.has(key.keyId) && key.expiredAt === undefined && key.validUntil > now)
    .map((key) => ({ ...key, validUntil: now }));
}

/** Those first that requests are signed with, then those that were good last. */
function byUse(one: StoredServerKey, other: StoredServerKey, now: number): number {
  const inUse = ({ expiredAt, validUntil }: StoredServerKey) => Number(expiredAt === undefined && validUntil > now);
  return inUse(other) - inUse(one) || other.validUntil - one.validUntil || other.fetchedAt - one.fetchedAt;
}
