import type { Account } from "../../../examples/matrix-client.ts";
import { openDatabase } from "../../../src/adapters/sql/open-database.ts";
import { systemClock } from "../../../src/adapters/system/system-clock.ts";
import { systemRandom } from "../../../src/adapters/system/system-random.ts";
import { tokenDigest } from "../../../src/domain/authentication/token-pair.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";

/** The device of every user. */
export const device = "PHONE";

/** Accounts `@<prefix>0:localhost` and so on, each with the device `PHONE`. */
export function accountsOf(prefix: string, count: number): Account[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${prefix}${index}`;
    return { userId: `@${name}:localhost`, deviceId: device, accessToken: `token-of-${name}` };
  });
}

/** Writes them into a new SQLite database, logged in without a password ever being hashed. */
export async function writeAccounts(path: string, dataDir: string, accounts: readonly Account[]): Promise<void> {
  const database = await openDatabase(
    { engine: "sqlite", path },
    {
      ...{ dataDir, serverName: "localhost", role: "server", watchdog: false },
      ...{ clock: systemClock, random: systemRandom, wake: () => undefined, wakeAll: () => undefined },
      ...{ timer: () => undefined, onRestore: async () => undefined },
    },
  );
  await database.unitOfWork.run("everything", async (stores) => {
    for (const account of accounts) {
      const owner = { userId: account.userId as UserId, deviceId: account.deviceId as DeviceId };
      await stores.accounts.add({ userId: owner.userId, passwordHash: "none", isAdmin: false, createdAt: 0 });
      await stores.devices.add(owner, undefined, { at: 0, ip: "127.0.0.1" });
      const never = { expiresAt: undefined, refreshDigest: undefined, predecessor: undefined };
      await stores.accessTokens.add({ ...owner, ...never, digest: tokenDigest(account.accessToken), createdAt: 0 });
    }
  });
  await database.close();
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
