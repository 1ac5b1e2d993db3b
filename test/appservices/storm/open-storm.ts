import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Account } from "../../../examples/matrix-client.ts";
import { createServer } from "../../../src/app.ts";
import { HandClock } from "../../adapters/observability/hand-clock.ts";
import { writeAccounts } from "../../races/seeded-server.ts";
import { afterTest } from "../../support/after-test.ts";
import { startTestAppservice, type TestAppservice } from "../../support/appservices/test-appservice.ts";
import { type Answer, Client } from "../../support/client.ts";
import { accountsOf, claimOf, queryOf, setsOf } from "./population.ts";

export type Kind = "query" | "claim";

/** A server in this process whose clock stands still until it is moved, a bridge, and clients that ask for its users. */
export interface Storm {
  readonly url: string;
  readonly clock: HandClock;
  readonly bridge: TestAppservice;
  readonly clients: readonly Client[];
  /** Of five users of the bridge each; one user of each has device keys and a fallback key here. */
  readonly sets: readonly (readonly Account[])[];
}

/** Closed after the test. */
export async function openStorm(t: TestContext, size: { clients: number; sets: number }): Promise<Storm> {
  const folder = mkdtempSync(join(tmpdir(), "claviger-storm-"));
  afterTest(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const bridge = await startTestAppservice();
  afterTest(t, () => bridge.close());
  const accounts = accountsOf("client", size.clients);
  const sets = setsOf(accountsOf("bridge_", size.sets * 5), 5);
  const clock = new HandClock();
  await writeAccounts({ engine: "sqlite", path: join(folder, "claviger.db") }, folder, [...accounts, ...sets.flat()]);
  const config = {
    ...{ server_name: "localhost", data_dir: folder, appservices: [bridge.registrationFile] },
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "health"] }],
    ...{ limits: { enabled: false }, log: { level: "silent" } },
  };
  const server = await createServer({ config, clock, development: true });
  afterTest(t, () => server.close());
  await server.listen();
  const { url } = server;
  const clients = accounts.map((account) => new Client(url, account));
  for (const [account] of sets) await uploadKeys(new Client(url, account as Account));
  return { url, clock, bridge, clients, sets };
}

async function uploadKeys(client: Client): Promise<void> {
  const body = { device_keys: client.keys.deviceKeys(), fallback_keys: client.keys.fallbackKey() };
  assert.equal((await client.upload(body)).status, 200);
}

/** Asks, and looks whether the answer is 200 and has everybody in it (rules Q1, C4). */
export async function ask(client: Client, kind: Kind, users: readonly Account[], timeout = 10_000): Promise<Answer> {
  const body = kind === "query" ? queryOf(users, timeout) : claimOf(users, timeout);
  const answer = await client.post(`/keys/${kind}`, body);
  assert.equal(answer.status, 200);
  const answered = kind === "query" ? answer.body.device_keys : answer.body.one_time_keys;
  assert.deepEqual(Object.keys(answered).sort(), users.map(({ userId }) => userId).sort());
  return answer;
}

/** What the server itself has of a set, and nothing else: the first has keys here, the others have none. */
export function assertStored(kind: Kind, [first, ...others]: readonly Account[], { body }: Answer): void {
  const answered = kind === "query" ? body.device_keys : body.one_time_keys;
  const own = answered[first?.userId ?? ""]?.PHONE;
  if (kind === "query") assert.equal(own.device_id, "PHONE");
  else assert.deepEqual(Object.keys(own), ["signed_curve25519:FALL"]);
  for (const { userId } of others) assert.deepEqual(answered[userId], kind === "query" ? {} : { PHONE: {} });
}

/** Counts a bridge's requests of one kind that wait for an answer at the same time, of each user and in all. */
export class AtOnce {
  readonly most = { ofUser: 0, inAll: 0 };
  readonly #ofUser = new Map<string, number>();
  #inAll = 0;

  async during<T>(users: readonly string[], work: () => Promise<T>): Promise<T> {
    this.#add(users, 1);
    try {
      return await work();
    } finally {
      this.#add(users, -1);
    }
  }

  #add(users: readonly string[], one: 1 | -1): void {
    this.#inAll += one;
    for (const user of users) {
      const count = (this.#ofUser.get(user) ?? 0) + one;
      this.#ofUser.set(user, count);
      this.most.ofUser = Math.max(this.most.ofUser, count);
    }
    this.most.inAll = Math.max(this.most.inAll, this.#inAll);
  }
}
