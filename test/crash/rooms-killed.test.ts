import assert from "node:assert/strict";
import { test } from "node:test";
import { bodiesIn, type Json, newRoom, roomPath, say, succeed, walk } from "../api/room-timelines/timelines.ts";
import { seed, seedNote, times } from "../races/effort.ts";
import { pick } from "../races/key-requests.ts";
import { isUnanswered, KillableServer, pickRunning, startMissing } from "../races/killable-server.ts";
import { killedDeployments, postgres } from "../races/race-engines.ts";
import { phones } from "../races/seeded-server.ts";
import { assertRoomsAgree } from "../rooms/check-rooms.ts";
import { Client } from "../support/client.ts";
import { seededNumbers } from "./seeded-numbers.ts";

/** A member of a room whose servers die: it joins and leaves, and in between it talks. */
class Talker {
  /** By transaction: the event that was answered. */
  readonly answered = new Map<string, string>();
  readonly #client: Client;
  readonly #roomId: string;
  readonly #threadId: string;
  #step = 0;

  constructor(client: Client, roomId: string, threadId: string) {
    this.#client = client;
    this.#roomId = roomId;
    this.#threadId = threadId;
  }

  get userId(): string {
    return this.#client.userId;
  }

  /** What was not answered is done again: a message under the same transaction id. */
  async go(): Promise<void> {
    const step = this.#step;
    if (step % 10 === 0) await succeed(this.#client.post(roomPath(this.#roomId, "join"), {}));
    else if (step % 10 === 9) await succeed(this.#client.post(roomPath(this.#roomId, "leave"), {}));
    else await this.#say(`${this.userId} ${step}`, step % 2 === 0);
    this.#step++;
  }

  /** In the room, so that it sees all of it. */
  async comeBack(): Promise<void> {
    await succeed(this.#client.post(roomPath(this.#roomId, "join"), {}));
  }

  async #say(body: string, inThread: boolean): Promise<void> {
    const path = roomPath(this.#roomId, "send", "m.room.message", body);
    const relation = { "m.relates_to": { rel_type: "m.thread", event_id: this.#threadId } };
    const content = { body, ...(inThread && relation) };
    const { event_id: eventId } = await succeed(this.#client.request("PUT", path, content));
    assert.ok(!this.answered.has(body));
    this.answered.set(body, eventId);
  }
}

for (const deployment of killedDeployments) {
  const rounds = (deployment.engine === postgres ? 2 : 4) * times;
  test(`E4, R2: SIGKILL among sends, replies in a thread and joins: no answered event is lost, none is there or counted twice (${deployment.name})`, {
    timeout: rounds * 60_000,
  }, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const servers = await KillableServer.createSeveral(t, deployment, ["owner PHONE", ...phones("talker", 4)]);
    const { accounts } = (servers[0] as KillableServer).files;
    const anyUrl = () => pickRunning(random, servers).url;
    const [owner, ...others] = accounts.map((account) => new Client(anyUrl, account)) as [Client, ...Client[]];
    await startMissing(servers);
    const roomId = await newRoom(owner);
    const threadId = await say(owner, roomId, "thread");
    const talkers = others.map((client) => new Talker(client, roomId, threadId));
    for (let round = 0; round < rounds; round++) {
      await startMissing(servers);
      const answers = { left: 5 + Math.floor(random() * 60) };
      let killing: Promise<unknown> | undefined;
      const talk = async (talker: Talker) => {
        while (!killing) {
          await letGo(talker.go());
          if (--answers.left <= 0) killing ??= pick(random, servers).kill();
        }
      };
      await Promise.all(talkers.map(talk));
      await killing;
    }
    await startMissing(servers);
    for (const talker of talkers) await talker.comeBack();
    const history = await walk(owner, roomId, { dir: "f", limit: "100" });
    assertKept(history, talkers);
    await assertCounted(owner, roomId, history);
    await assertRoomsAgree((servers[0] as KillableServer).files.place);
    t.diagnostic(`${rounds} rounds, ${history.length} events`);
  });
}

function assertKept(history: readonly Json[], talkers: readonly Talker[]): void {
  const bodies = bodiesIn(history);
  assert.equal(new Set(bodies).size, bodies.length, "no transaction is there twice");
  const idOf = new Map(history.map(({ content, event_id }) => [content.body, event_id]));
  for (const { answered } of talkers) {
    for (const [body, eventId] of answered) assert.equal(idOf.get(body), eventId, body);
  }
}

/** Members and state are what the history says. */
async function assertCounted(owner: Client, roomId: string, history: readonly Json[]): Promise<void> {
  const members = history.filter(({ type }) => type === "m.room.member");
  const last = new Map(members.map((event) => [event.state_key, event]));
  const { chunk } = await succeed(owner.get(roomPath(roomId, "members")));
  const inForce = new Map(chunk.map((event: Json) => [event.state_key, event]));
  const ids = (events: Map<string, Json>) => [...events].map(([userId, { event_id }]) => [userId, event_id]).sort();
  assert.deepEqual(ids(inForce as Map<string, Json>), ids(last));
}

/** What is asked of a server that dies meanwhile is asked again. */
async function letGo(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isUnanswered(error)) throw error;
  });
}
