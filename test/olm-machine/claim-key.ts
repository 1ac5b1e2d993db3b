import type { MatrixClient } from "../../examples/matrix-client.ts";

export interface ClaimedKey {
  readonly id: string;
  readonly key: string;
  /** Whether it is the fallback key. */
  readonly fallback: boolean;
}

/** Claims one key of a device; undefined where it has none. */
export async function claimKey(
  client: MatrixClient,
  userId: string,
  deviceId: string,
): Promise<ClaimedKey | undefined> {
  const asked = { one_time_keys: { [userId]: { [deviceId]: "signed_curve25519" } } };
  const { one_time_keys: given } = JSON.parse(await client.send("POST", "/keys/claim", asked)) as {
    one_time_keys: Record<string, Record<string, Record<string, { key: string; fallback?: boolean }>>>;
  };
  const [entry] = Object.entries(given[userId]?.[deviceId] ?? {});
  return entry && { id: entry[0], key: entry[1].key, fallback: entry[1].fallback === true };
}

/** Claims many at once. */
export async function claimKeys(
  client: MatrixClient,
  owner: { readonly userId: string; readonly deviceId: string },
  count: number,
): Promise<ClaimedKey[]> {
  const claims = Array.from({ length: count }, () => claimKey(client, owner.userId, owner.deviceId));
  return (await Promise.all(claims)).filter((key) => key !== undefined);
}

/** How many different keys there are, by what matters: the public key. */
export function distinct(keys: readonly ClaimedKey[]): number {
  return new Set(keys.map(({ key }) => key)).size;
}
