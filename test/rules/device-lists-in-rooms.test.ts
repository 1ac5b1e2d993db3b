import assert from "node:assert/strict";
import { test } from "node:test";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { seed, seedNote } from "../races/effort.ts";
import { below, pick } from "../races/key-requests.ts";
import { afterTest } from "../support/after-test.ts";
import { type Client, newClient } from "../support/client.ts";
import { shareRoom } from "../support/share-room.ts";
import { startTestServer } from "../support/test-server.ts";

/** A moment: who was in which room, and what each user has synced up to. */
interface Moment {
  readonly rooms: ReadonlyMap<string, ReadonlySet<Client>>;
  readonly tokens: ReadonlyMap<Client, string>;
}

test("S2: whoever joins, leaves, is kicked and changes devices: sync and keys/changes tell it exactly, since any token", async (t) => {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const server = await startTestServer();
  afterTest(t, () => server.close());
  const users = await Promise.all(["ann", "ben", "cat", "dan", "eve"].map((name) => newClient(server.url, name)));
  const [ann] = users as [Client];
  for (const user of users) await user.upload({ device_keys: user.keys.deviceKeys() });
  const rooms = new Map<string, Set<Client>>();
  // She stays, and so she can kick.
  for (let room = 0; room < 4; room++) rooms.set(await shareRoom(ann), new Set([ann]));
  /** The number of the last step that changed a user's devices. */
  const changedAt = new Map<Client, number>();
  const moments: Moment[] = [await momentOf(users, rooms)];
  for (let step = 1; step <= 40; step++) {
    await Promise.all(users.map(async (user) => random() < 0.15 && change(user, step)));
    const user = pick(random, users.slice(1));
    const [roomId, members] = pick(random, [...rooms]);
    if (!members.has(user)) await join(user, roomId, members);
    else await leave(user, roomId, members);
    moments.push(await momentOf(users, rooms));
    for (const listener of users) await check(listener, below(random, moments.length));
  }

  /** The name of a device is told with its keys. */
  async function change(user: Client, step: number): Promise<void> {
    changedAt.set(user, step);
    const { status } = await user.request("PUT", `/devices/${user.deviceId}`, { display_name: `step ${step}` });
    assert.equal(status, 200);
  }

  async function join(user: Client, roomId: string, members: Set<Client>): Promise<void> {
    members.add(user);
    assert.equal((await user.post(`/join/${encodeURIComponent(roomId)}`, {})).status, 200);
  }

  async function leave(user: Client, roomId: string, members: Set<Client>): Promise<void> {
    members.delete(user);
    const room = `/rooms/${encodeURIComponent(roomId)}`;
    const isKicked = random() < 0.4;
    const answer = isKicked
      ? await ann.post(`${room}/kick`, { user_id: user.userId })
      : await user.post(`${room}/leave`, {});
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }

  async function check(listener: Client, seen: number): Promise<void> {
    const [before, now] = [moments[seen] as Moment, moments.at(-1) as Moment];
    const others = users.filter((user) => user !== listener);
    const hasChanged = (user: Client) => (changedAt.get(user) ?? 0) > seen;
    const changed = others.filter(
      (user) => share(now, listener, user) && (!share(before, listener, user) || hasChanged(user)),
    );
    const left = others.filter((user) => share(before, listener, user) && !share(now, listener, user));
    const expected = { changed: idsOf(hasChanged(listener) ? [...changed, listener] : changed), left: idsOf(left) };
    const from = before.tokens.get(listener) ?? "";
    const { device_lists: told } = await listener.sync(from);
    const what = `${listener.userId} since step ${seen} of ${moments.length - 1}`;
    assert.deepEqual({ changed: told.changed.toSorted(), left: told.left.toSorted() }, expected, what);
    const range = new URLSearchParams({ from, to: now.tokens.get(listener) ?? "" });
    const { body } = await listener.get(`/keys/changes?${range}`);
    assert.deepEqual({ changed: body.changed.toSorted(), left: body.left.toSorted() }, expected, what);
  }
});

async function momentOf(users: readonly Client[], rooms: ReadonlyMap<string, ReadonlySet<Client>>): Promise<Moment> {
  const tokens = await Promise.all(
    users.map(async (user): Promise<[Client, string]> => [user, (await user.sync()).next_batch]),
  );
  return {
    rooms: new Map([...rooms].map(([roomId, members]) => [roomId, new Set(members)])),
    tokens: new Map(tokens),
  };
}

function share({ rooms }: Moment, one: Client, other: Client): boolean {
  return [...rooms.values()].some((members) => members.has(one) && members.has(other));
}

function idsOf(users: readonly Client[]): string[] {
  return users.map(({ userId }) => userId).sort();
}
