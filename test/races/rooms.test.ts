import assert from "node:assert/strict";
import { test } from "node:test";
import { joinedRooms, newRoom, roomPath, stateContent, timeline } from "../api/room-memberships/rooms.ts";
import type { Answer } from "../support/client.ts";
import { times } from "./effort.ts";
import { deployments } from "./race-engines.ts";
import { seededServers } from "./seeded-server.ts";

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();

for (const deployment of deployments) {
  test(`of rooms made at once with one alias there is one (${deployment.name})`, async (t) => {
    const clients = await seededServers(t, deployment, ["alice A", "bob A", "carol A", "dave A"]);
    for (let round = 0; round < 4 * times; round++) {
      const name = `round${round}`;
      const before = await Promise.all(clients.map(joinedRooms));
      const answers = await Promise.all(clients.map((client) => client.post("/createRoom", { room_alias_name: name })));
      assert.deepEqual(statuses(answers), [200, 400, 400, 400]);
      for (const { status, body } of answers) if (status === 400) assert.equal(body.errcode, "M_ROOM_IN_USE");
      const made = answers.map(({ body }) => body.room_id);
      const winner = made.findIndex((roomId) => roomId !== undefined);
      const { body } = await clients[0].get(`/directory/room/${encodeURIComponent(`#${name}:localhost`)}`);
      assert.equal(body.room_id, made[winner]);
      const after = await Promise.all(clients.map(joinedRooms));
      assert.deepEqual(
        after.map((rooms, index) => rooms.length - (before[index]?.length ?? 0)),
        clients.map((_, index) => (index === winner ? 1 : 0)),
      );
    }
  });

  test(`of an alias that is given to several rooms at once one has it (${deployment.name})`, async (t) => {
    const clients = await seededServers(t, deployment, ["alice A", "bob A", "carol A"]);
    const rooms = await Promise.all(clients.map((client) => newRoom(client)));
    for (let round = 0; round < 4 * times; round++) {
      const path = `/directory/room/${encodeURIComponent(`#round${round}:localhost`)}`;
      const answers = await Promise.all(
        clients.map((client, index) => client.request("PUT", path, { room_id: rooms[index] })),
      );
      assert.deepEqual(statuses(answers), [200, 409, 409]);
      const winner = answers.findIndex(({ status }) => status === 200);
      assert.equal((await clients[0].get(path)).body.room_id, rooms[winner]);
    }
  });

  test(`a user who joins several times at once joins once (${deployment.name})`, async (t) => {
    const [alice, bob, carol] = await seededServers(t, deployment, ["alice A", "bob A", "carol A"]);
    for (let round = 0; round < 3 * times; round++) {
      const roomId = await newRoom(alice, { preset: "public_chat" });
      const before = (await timeline(alice, roomId)).length;
      const joining = [bob, carol, bob, carol, bob].map((user) => user.post(roomPath(roomId, "/join"), {}));
      assert.deepEqual(statuses(await Promise.all(joining)), [200, 200, 200, 200, 200]);
      const events = (await timeline(alice, roomId)).slice(before);
      assert.deepEqual(events.map(({ state_key }) => state_key).sort(), [bob.userId, carol.userId]);
      // Each event follows the other: there is one history.
      assert.deepEqual(
        events.map(({ type }) => type),
        ["m.room.member", "m.room.member"],
      );
    }
  });

  test(`joining and being banned at once end with the ban (${deployment.name})`, async (t) => {
    const [alice, bob] = await seededServers(t, deployment, ["alice A", "bob A"]);
    for (let round = 0; round < 4 * times; round++) {
      const roomId = await newRoom(alice, { preset: "public_chat" });
      const [joined, banned] = await Promise.all([
        bob.post(roomPath(roomId, "/join"), {}),
        alice.post(roomPath(roomId, "/ban"), { user_id: bob.userId }),
      ]);
      assert.equal(banned.status, 200);
      assert.ok([200, 403].includes(joined.status));
      assert.equal((await stateContent(alice, roomId, "m.room.member", bob.userId)).membership, "ban");
      assert.deepEqual(await joinedRooms(bob), []);
    }
  });
}
