import type { Account } from "../../../examples/matrix-client.ts";

/** The device of every user. */
export const device = "PHONE";

/** Accounts `@<prefix>0:localhost` and so on, each with the device `PHONE`. */
export function accountsOf(prefix: string, count: number): Account[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${prefix}${index}`;
    return { userId: `@${name}:localhost`, deviceId: device, accessToken: `token-of-${name}` };
  });
}

/** Splits into sets of `size`. */
export function setsOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/** The body of a query for all devices of these users. */
export function queryOf(users: readonly Account[], timeout: number): object {
  return { device_keys: Object.fromEntries(users.map(({ userId }) => [userId, []])), timeout };
}

/** The body of a claim of one key of each of these devices. */
export function claimOf(users: readonly Account[], timeout: number): object {
  const wanted = users.map(({ userId, deviceId }) => [userId, { [deviceId]: "signed_curve25519" }] as const);
  return { one_time_keys: Object.fromEntries(wanted), timeout };
}
