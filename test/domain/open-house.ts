import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createStores, type Stores } from "../../src/adapters/sql/create-stores.ts";
import { openSqlite } from "../../src/adapters/sql/dialect/sqlite/open-sqlite.ts";
import type { Schema } from "../../src/adapters/sql/schema.ts";
import type { SqlSession } from "../../src/adapters/sql/session.ts";
import { Argon2PasswordHasher } from "../../src/adapters/system/argon2-password-hasher.ts";
import { InProcessIgnoredUsers } from "../../src/adapters/system/in-process-ignored-users.ts";
import { InProcessSightings } from "../../src/adapters/system/in-process-sightings.ts";
import { InProcessUnreadMemory } from "../../src/adapters/system/in-process-unread-memory.ts";
import { makeSigningKey } from "../../src/adapters/system/signing-key-file.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { turnsAtOnce } from "../../src/adapters/system/turns-at-once.ts";
import type { ClientDescription } from "../../src/domain/accounts/begin-session.ts";
import { registerAccount } from "../../src/domain/accounts/register-account.ts";
import type { AppserviceSigns } from "../../src/domain/appservices/appservice-signs.ts";
import { passwordFlows } from "../../src/domain/authentication/user-interactive/interactive-attempt.ts";
import type { Snapshots, UnitOfWork, WakeName } from "../../src/domain/kernel/unit-of-work.ts";
import type { RoomVersionId } from "../../src/protocol/events/room-version.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { noAppservices } from "../support/no-appservices.ts";

/** Everything that the use cases of accounts and devices ask for, on a database of its own in memory. */
export async function openHouse(t: TestContext) {
  const clock = new HandClock();
  const folder = await mkdtemp(join(tmpdir(), "claviger-house-"));
  const woken: WakeName[] = [];
  const logins: string[] = [];
  const database = await openSqlite<Stores & { session: SqlSession }>(
    {
      ...{ path: ":memory:", dataDir: folder, serverName: "example.org", role: "server", watchdog: true, clock },
      ...{ wake: (users) => void woken.push(...users), timer: () => undefined },
    },
    (session) => ({ ...createStores(session), session }),
  );
  t.after(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const { unitOfWork, snapshots } = database;
  const serverName = "example.org" as ServerName;
  return {
    // Without the session, which no use case sees.
    ...{ unitOfWork: unitOfWork as UnitOfWork<Stores>, snapshots: snapshots as Snapshots<Stores> },
    ...{ turns: turnsAtOnce, clock, random: systemRandom, serverName },
    ...{ refreshTokens: true, limitLogins: true, publicBaseUrl: "https://matrix.example.org" as string | undefined },
    registration: { mode: "open" as "open" | "token" | "closed", token: undefined as string | undefined },
    ...noAppservices(serverName),
    signingKey: makeSigningKey(systemRandom),
    defaultRoomVersion: "11" as RoomVersionId,
    compatibility: { msc4072: true, msc3983: true, msc3984: true },
    appserviceSigns: { noteAlive: () => undefined } as AppserviceSigns,
    sightings: new InProcessSightings(clock),
    unreadMemory: new InProcessUnreadMemory(),
    ignoredUsers: new InProcessIgnoredUsers(),
    // The real algorithm, as cheap as it can be.
    passwordHasher: new Argon2PasswordHasher(systemRandom, { memory: 8, passes: 1, parallelism: 1 }),
    observer: { loginFinished: (outcome: string) => void logins.push(outcome) },
    ...{ woken, logins },
    rows: (table: keyof Schema) =>
      unitOfWork.run("everything", ({ session }) => session.all("test.rows", session.db.selectFrom(table).selectAll())),
  };
}

export type House = Awaited<ReturnType<typeof openHouse>>;

/** Stands still until it is moved. */
export class HandClock {
  time = 1_790_000_000_000;
  now = () => this.time;
  monotonic = () => this.time;

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}

export const alice = "@alice:example.org" as UserId;
export const bob = "@bob:example.org" as UserId;

/** Makes the account @alice:example.org, say, with the password "alice's password". */
export async function newUser(house: House, localpart = "alice"): Promise<UserId> {
  const login = { localpart, password: `${localpart}'s password`, admin: false };
  return (await registerAccount(house, login)).userId;
}

export function client(deviceId?: string, so: Partial<ClientDescription> = {}): ClientDescription {
  return {
    deviceId: deviceId as DeviceId | undefined,
    displayName: undefined,
    refreshes: false,
    ip: "192.0.2.1",
    ...so,
  };
}

export function passwordLogin(user: string, password = `${user}'s password`): JsonObject {
  return { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
}

/** A request with user-interactive authentication by password. */
export function attempt(userId: UserId, body: JsonObject = {}, path = "/test") {
  return { method: "POST", path, body, userId, ip: "192.0.2.1", flows: passwordFlows };
}
