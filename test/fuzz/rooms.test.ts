import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { ModelledClient } from "../api/sync/modelled-client.ts";
import { act, type Json, newRoom, say, setState, succeed, syncOf } from "../api/sync/rooms.ts";
import { assertRoomsAgree } from "../rooms/check-rooms.ts";
import { type Client, newClient } from "../support/client.ts";
import { describe, problemsOf } from "./answer-problems.ts";
import { MeasuredServer } from "./measured-server.ts";
import {
  type AttackedRoom,
  decentRecipes,
  type RoomRecipe,
  roomEndpoints,
  roomRecipes,
  roomRequestOf,
} from "./room-requests.ts";
import { type RawAnswer, sendRaw } from "./send-raw.ts";

const seed = Number(process.env["CLAVIGER_TEST_SEED"] ?? 20_261_121);
const runs = Number(process.env["CLAVIGER_FUZZ_RUNS"] ?? 400);

let server: MeasuredServer;
let mallory: Client;
let bob: Client;
let eve: Client;
let rooms = 0;

before(async () => {
  server = await MeasuredServer.start();
  mallory = await newClient(server.url, "mallory");
  bob = await newClient(server.url, "bob");
  eve = await newClient(server.url, "eve");
});
after(() => server.close());

async function makeRoom(): Promise<AttackedRoom> {
  const name = `fuzzed${rooms++}`;
  const version = ["10", "11", "12"][rooms % 3];
  const roomId = await newRoom(mallory, { preset: "public_chat", room_alias_name: name, room_version: version });
  await act(bob, roomId, "join");
  const message = await say(bob, roomId, "hello");
  const topic = await setState(mallory, roomId, "m.room.topic", { topic: "t" });
  const { next_batch, rooms: synced } = await syncOf(mallory);
  const tokens = [next_batch, synced.join[roomId].timeline.prev_batch];
  return { roomId, alias: `#${name}:localhost`, eventIds: [message, topic], mallory, bob, eve, tokens };
}

/** Whether there is still something to attack: Mallory may have left it, or taken her power. */
async function isInForce({ roomId, alias }: AttackedRoom): Promise<boolean> {
  const path = `/rooms/${encodeURIComponent(roomId)}`;
  const named = await mallory.request("PUT", `${path}/state/org.example.alive/`, { count: ++changes });
  const { body: joined } = await bob.get("/joined_rooms");
  const { status } = await bob.get(`/directory/room/${encodeURIComponent(alias)}`);
  return named.status === 200 && joined.joined_rooms.includes(roomId) && status === 200;
}

let changes = 0;

/** What is told of rooms after a token. */
async function newsOf(client: Client, since: string): Promise<string> {
  const { rooms: news } = await syncOf(client, { since });
  for (const room of Object.values<Json>(news.join)) room.ephemeral = {};
  return JSON.stringify([news.join, news.invite, news.leave]);
}

async function attack(room: AttackedRoom, recipe: RoomRecipe): Promise<[string, number]> {
  const request = roomRequestOf(recipe, room);
  const { next_batch: since } = await syncOf(bob);
  let answer: RawAnswer | undefined;
  const held = await server.longestTurn(async () => {
    answer = await sendRaw(server.url, request);
  });
  assert.ok(answer);
  assert.deepEqual(problemsOf(request, answer), [], describe(request, answer));
  assert.ok(held < server.longestAllowed, `held the event loop for ${held} ms: ${describe(request, answer)}`);
  if (answer.status >= 400) {
    const news = await newsOf(bob, since);
    assert.ok(!news.includes('"event_id"'), `refused, and yet it did something: ${describe(request, answer)} ${news}`);
  }
  return [`${request.operationId} ${answer.status}`, answer.status];
}

test("E2: hostile requests to a room are answered properly, at once, and leave it in order, for those who behave too", async (t) => {
  t.diagnostic(`CLAVIGER_TEST_SEED=${seed}`);
  const [dora, emil] = [await newClient(server.url, "dora"), await newClient(server.url, "emil")];
  const quiet = await newRoom(dora);
  await act(emil, quiet, "join");
  const model = new ModelledClient(emil, [quiet], { limit: 5, lazy: false, stateAfter: false });
  const answered = new Map<string, number>();
  let room = await makeRoom();
  const property = fc.asyncProperty(roomRecipes, async (recipe) => {
    const [name, status] = await attack(room, recipe);
    answered.set(name, (answered.get(name) ?? 0) + 1);
    if (status === 200 && !(await isInForce(room))) room = await makeRoom();
  });
  const examples = decentRecipes.map((recipe): [RoomRecipe] => [recipe]);
  await fc.assert(property, { seed, numRuns: runs, endOnFailure: true, examples });
  await assertRoomsAgree({ engine: "sqlite", path: server.databasePath });

  await model.apply(await model.ask());
  await say(dora, quiet, "still here");
  await model.apply(await model.ask());
  await model.check("");
  const { rooms: synced } = await syncOf(bob);
  const last = await makeRoom();
  assert.ok(Object.keys(synced.join).length > 0);
  assert.ok(await isInForce(last));
  await succeed(bob.get(`/rooms/${encodeURIComponent(last.roomId)}/messages?dir=b`));

  const reached = new Set([...answered.keys()].map((name) => name.split(" ")[0]));
  assert.deepEqual(
    roomEndpoints.map(({ operationId }) => operationId).filter((name) => !reached.has(name)),
    [],
  );
  t.diagnostic(JSON.stringify(Object.fromEntries([...answered].sort())));
});
