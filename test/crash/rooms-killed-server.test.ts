import assert from "node:assert/strict";
import { test } from "node:test";
import { joinedRooms, roomPath, stateContent, timeline } from "../api/room-memberships/rooms.ts";
import { seed, seedNote, times } from "../races/effort.ts";
import { isUnanswered, KillableServer } from "../races/killable-server.ts";
import { raceEngines } from "../races/race-engines.ts";
import { assertRoomsAgree } from "../rooms/check-rooms.ts";
import type { Answer, Client } from "../support/client.ts";
import { seededNumbers } from "./seeded-numbers.ts";

/** What was answered before the server died. */
interface Answered {
  /** By alias: the room. */
  readonly made: Map<string, string>;
  /** The rooms that Bob has joined. */
  readonly joined: Set<string>;
}

/** The answer; `undefined` when the server dies first. */
async function answerOf(asking: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (isUnanswered(error)) return undefined;
    throw error;
  }
}

/** Makes rooms, with an invite for Bob, until the server dies. */
async function makeRooms(maker: Client, bob: Client, prefix: string, { made }: Answered): Promise<void> {
  for (let count = 0; ; count++) {
    const body = { room_alias_name: `${prefix}-${count}`, name: "Room", topic: "Topic", invite: [bob.userId] };
    const answer = await answerOf(maker.post("/createRoom", body));
    if (!answer) return;
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    made.set(`#${prefix}-${count}:localhost`, answer.body.room_id);
  }
}

/** Joins the rooms that are made until the server dies. */
async function joinRooms(bob: Client, { made, joined }: Answered): Promise<void> {
  for (;;) {
    const next = [...made.values()].find((roomId) => !joined.has(roomId));
    const path = next === undefined ? "/account/whoami" : roomPath(next, "/join");
    const answer = await answerOf(next === undefined ? bob.get(path) : bob.post(path, {}));
    if (!answer) return;
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    if (next !== undefined) joined.add(next);
  }
}

/** All of what was answered is there, and of what was not, all or nothing. */
async function assertWhole(makers: readonly Client[], bob: Client, { made, joined }: Answered): Promise<void> {
  const bobs = new Set(await joinedRooms(bob));
  for (const roomId of joined) assert.ok(bobs.has(roomId), "E4: an answered join is lost");
  for (const [alias, roomId] of made) {
    const { body } = await bob.get(`/directory/room/${encodeURIComponent(alias)}`);
    assert.equal(body.room_id, roomId, "E4: an answered room is lost");
  }
  for (const maker of makers) {
    for (const roomId of await joinedRooms(maker)) {
      const types = (await timeline(maker, roomId)).map(({ type }) => type);
      const invited = types.slice(0, 10).join(" ");
      assert.match(invited, /^m\.room\.create m\.room\.member .* m\.room\.name m\.room\.topic m\.room\.member$/);
      const { alias } = await stateContent(maker, roomId, "m.room.canonical_alias");
      const { body } = await maker.get(`/directory/room/${encodeURIComponent(alias)}`);
      assert.equal(body.room_id, roomId);
      const { membership } = await stateContent(maker, roomId, "m.room.member", bob.userId);
      assert.equal(membership, bobs.has(roomId) ? "join" : "invite");
      assert.equal(types.length, bobs.has(roomId) ? 11 : 10);
    }
  }
}

for (const engine of raceEngines) {
  test(`E4: a room is made as a whole or not at all, and who has joined stays (${engine.name})`, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const server = await KillableServer.create(t, engine, ["alice A", "carol A", "bob A"]);
    const answered: Answered = { made: new Map(), joined: new Set() };
    for (let round = 0; round < 2 * times; round++) {
      const [alice, carol, bob] = (await server.start()) as [Client, Client, Client];
      await assertWhole([alice, carol], bob, answered);
      const enough = answered.made.size + 1 + Math.floor(random() * 6);
      const working = [
        makeRooms(alice, bob, `alice-${round}`, answered),
        makeRooms(carol, bob, `carol-${round}`, answered),
        joinRooms(bob, answered),
      ];
      // Asked of the server, so that nothing waits for a time to pass.
      while (answered.made.size < enough && (await answerOf(bob.get("/joined_rooms"))));
      await server.kill();
      await Promise.all(working);
    }
    const [alice, carol, bob] = (await server.start()) as [Client, Client, Client];
    await assertWhole([alice, carol], bob, answered);
    await assertRoomsAgree(server.files.place);
    t.diagnostic(`${answered.made.size} rooms, ${answered.joined.size} joins`);
  });
}
