import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { ServerKeyStores } from "./store-server-keys.ts";

export interface FindCurrentKeyDeps {
  readonly snapshots: Snapshots<ServerKeyStores>;
  readonly clock: Clock;
}

/** The public key that is stored under this id, if requests signed with it are taken now. */
export async function findCurrentKey(
  { snapshots, clock }: FindCurrentKeyDeps,
  server: ServerName,
  keyId: string,
): Promise<string | undefined> {
  const key = await snapshots.ask(({ serverKeys }) => serverKeys.findKey(server, keyId));
  const isCurrent = key !== undefined && key.expiredAt === undefined && key.validUntil > clock.now();
  return isCurrent ? key.publicKey : undefined;
}
