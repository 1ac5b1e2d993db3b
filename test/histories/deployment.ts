import type { Account } from "../../examples/matrix-client.ts";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { OpenedDatabase } from "../../src/adapters/sql/opened-database.ts";
import { tokenDigest } from "../../src/domain/authentication/token-pair.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";

/** One or several server processes that share a database. */
export interface Deployment {
  readonly processes: number;
  /** A wake that comes later, in ms, counts as lost. */
  readonly longestWake: number;
  /** Writes accounts, logged in without a password, into the database. Before the start. */
  seed(accounts: readonly Account[]): Promise<void>;
  /** Resolves when all processes serve. */
  start(): Promise<void>;
  /** Of the processes that serve now. */
  urls(): readonly string[];
  /** SIGKILL. */
  kill(process: number): Promise<void>;
  /** Resolves when it serves again. */
  restart(process: number): Promise<void>;
  /** Ends connections between the processes and the database; resolves to how many. */
  readonly killConnections?: (share: number) => Promise<number>;
  /** Stops all processes and removes what they have stored; resolves to what they had logged. */
  stop(): Promise<string>;
}

/** What all processes of a deployment have in common in their config. */
export const commonConfig = {
  server_name: "localhost",
  registration: { mode: "open" },
  // Keys can be any text then, and cost no cryptography.
  keys: { verify_signatures: "off" },
  ...{ limits: { enabled: false }, log: { level: "error" } },
};

export async function writeAccounts(database: OpenedDatabase<Stores>, accounts: readonly Account[]): Promise<void> {
  const users = new Set<string>();
  for (let start = 0; start < accounts.length; start += 500) {
    await database.unitOfWork.run("everything", async (stores) => {
      for (const account of accounts.slice(start, start + 500)) {
        const owner = { userId: account.userId as UserId, deviceId: account.deviceId as DeviceId };
        if (!users.has(owner.userId)) {
          await stores.accounts.add({ userId: owner.userId, passwordHash: "none", isAdmin: false, createdAt: 0 });
        }
        users.add(owner.userId);
        await stores.devices.add(owner, undefined, { at: 0, ip: "127.0.0.1" });
        const never = { expiresAt: undefined, refreshDigest: undefined, predecessor: undefined };
        await stores.accessTokens.add({ ...owner, ...never, digest: tokenDigest(account.accessToken), createdAt: 0 });
      }
    });
  }
}
