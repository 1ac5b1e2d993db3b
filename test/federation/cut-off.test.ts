import assert from "node:assert/strict";
import { after, test } from "node:test";
import Database from "better-sqlite3";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { seed, seedNote } from "../races/effort.ts";
import { type Client, newClient } from "../support/client.ts";
import { ChangingDevices, upload } from "./changing-devices.ts";
import { eventually } from "./eventually.ts";
import { type FederatedServer, Federation } from "./federated-servers.ts";
import { FollowingClient, sendNumber, upTo } from "./following-client.ts";

const hour = 3600_000;
const changes = 100;
/** Of each of two senders. */
const messages = 500;

const federation = await Federation.start({ names: ["one", "two", "three"], files: true });
after(() => federation.close());
const [one, two, three] = ["one", "two", "three"].map((short) => federation.server(short)) as [
  FederatedServer,
  FederatedServer,
  FederatedServer,
];
const random = seededNumbers(seed);

async function keyedClient({ url }: FederatedServer, localpart: string): Promise<Client> {
  const client = await newClient(url, localpart);
  await upload(client, client.keys);
  return client;
}

/** The public keys that a claim has given, or the servers that it could not ask. */
async function claim(client: Client, { userId, deviceId }: Client): Promise<{ keys: string[]; failures: string[] }> {
  const asked = { one_time_keys: { [userId]: { [deviceId]: "signed_curve25519" } }, timeout: 20_000 };
  const { body } = await client.post("/keys/claim", asked);
  const given = Object.values<{ key: string; fallback?: boolean }>(body.one_time_keys[userId]?.[deviceId] ?? {});
  const oneTimeKeys = given.filter(({ fallback }) => fallback !== true);
  return { keys: oneTimeKeys.map(({ key }) => key), failures: Object.keys(body.failures ?? {}) };
}

function readRows<T>({ databaseFile }: FederatedServer, query: string, ...values: string[]): T[] {
  const database = new Database(databaseFile, { readonly: true });
  try {
    return database.prepare(query).all(...values) as T[];
  } finally {
    database.close();
  }
}

/** Each has sent the other a message, so that each server follows the other's user. */
async function acquaint(left: FollowingClient, right: FollowingClient): Promise<void> {
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    await sendNumber(from.client, to.client, -1);
    await eventually(async () => {
      await to.sync();
      assert.deepEqual(to.numbersOf(from.client.userId), [-1]);
    });
    to.follow(from.client.userId);
  }
}

/** What a client of the user's own server is told of the user's devices. */
async function atHome(client: Client): Promise<object> {
  return (await client.query(client.userId)).device_keys[client.userId];
}

async function untilConverged(viewer: FollowingClient, owners: readonly Client[]): Promise<void> {
  await eventually(async () => {
    await viewer.sync();
    for (const owner of owners) assert.deepEqual(viewer.devices.get(owner.userId), await atHome(owner));
  });
}

test("X6, S3, C1: a server that was cut off for an hour comes back to right device lists, and every message once", async (t) => {
  t.diagnostic(seedNote);
  const [alice, bob, carol] = [
    new FollowingClient(await keyedClient(one, "alice")),
    new FollowingClient(await keyedClient(two, "bob")),
    new FollowingClient(await keyedClient(three, "carol")),
  ];
  await acquaint(alice, carol);
  await acquaint(bob, carol);
  const owners = [
    new ChangingDevices(alice.client, "alice", random),
    new ChangingDevices(bob.client, "bob", random),
  ] as const;
  const away = new ChangingDevices(carol.client, "carol", random);
  // There are devices already that can change, and carol knows them.
  for (const owner of [...owners, away]) for (let count = 0; count < 3; count++) await owner.change();
  await untilConverged(carol, [alice.client, bob.client]);
  await untilConverged(alice, [carol.client]);
  await untilConverged(bob, [carol.client]);

  federation.cutOff("three");
  const claimed: string[] = [];
  for (let step = 0; step < changes; step++) {
    federation.clock.move(hour / changes);
    await owners[step % 2]!.change();
    if (step % 10 === 5) await away.change();
    for (const sender of [alice, bob]) {
      const begin = (step * messages) / changes;
      for (let number = begin; number < begin + messages / changes; number++) {
        await sendNumber(sender.client, carol.client, number);
      }
    }
    if (step % 25 === 0) {
      // Who is cut off gives no keys to others, and gets none; at home they are claimed all the same.
      const [fromOne, fromThree] = [await claim(alice.client, carol.client), await claim(carol.client, alice.client)];
      assert.deepEqual([fromOne.keys, fromOne.failures], [[], [three.name]]);
      assert.deepEqual([fromThree.keys, fromThree.failures], [[], [one.name]]);
      claimed.push(...(await claim(carol.client, carol.client)).keys, ...(await claim(alice.client, bob.client)).keys);
    }
  }
  for (const [server, owner] of [
    [one, owners[0]],
    [two, owners[1]],
  ] as const) {
    const rows = readRows<{ user_id: string; device_id: string }>(
      ...([
        server,
        "SELECT user_id, device_id FROM federation_device_changes WHERE destination = ?",
        three.name,
      ] as const),
    );
    assert.ok(rows.length > 0 && rows.length <= owner.everSeen.size, `${rows.length} rows wait`);
    assert.equal(new Set(rows.map(({ device_id }) => device_id)).size, rows.length, "at most one row for each device");
    t.diagnostic(`${rows.length} rows stand for the changes of ${owner.everSeen.size} devices`);
    const waiting = readRows<{ count: number }>(
      ...([server, "SELECT count(*) AS count FROM federation_messages WHERE destination = ?", three.name] as const),
    );
    assert.ok(waiting[0]!.count <= messages);
    const made = readRows(server, "SELECT 1 FROM federation_transactions WHERE destination = ?", three.name);
    assert.ok(made.length <= 1);
  }

  federation.mend("three");
  // A claim of its own shows one that three is there: nobody waits until it is time to try again.
  const back = await claim(carol.client, alice.client);
  assert.deepEqual(back.failures, []);
  claimed.push(...back.keys);
  await eventually(async () => {
    await carol.sync();
    assert.equal(carol.numbersOf(alice.client.userId).length, 1 + messages);
  });
  // Two has to find it out by itself.
  federation.clock.move(hour);
  await eventually(async () => {
    await carol.sync();
    assert.equal(carol.numbersOf(bob.client.userId).length, 1 + messages);
  });
  await untilConverged(carol, [alice.client, bob.client]);
  await untilConverged(alice, [carol.client]);
  await untilConverged(bob, [carol.client]);
  for (const sender of [alice, bob]) {
    const expected = [-1, ...upTo(messages)];
    assert.deepEqual(carol.numbersOf(sender.client.userId), expected, "every message once, and in order");
  }
  for (const [claimer, owner] of [
    [alice, carol],
    [bob, carol],
    [carol, alice],
    [carol, bob],
    [carol, carol],
    [alice, bob],
  ] as const) {
    const { keys, failures } = await claim(claimer.client, owner.client);
    assert.deepEqual(failures, []);
    claimed.push(...keys);
  }
  assert.ok(claimed.length > 5);
  assert.equal(new Set(claimed).size, claimed.length, "C1: no one-time key was given twice");
  for (const server of [one, two]) {
    const query = "SELECT 1 FROM federation_device_changes UNION ALL SELECT 1 FROM federation_messages";
    await eventually(() => assert.deepEqual(readRows(server, query), [], "nothing is left to be sent"));
  }
});
