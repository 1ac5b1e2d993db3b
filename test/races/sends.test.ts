import assert from "node:assert/strict";
import { test } from "node:test";
import { bodiesIn, join, newRoom, roomPath, say, setState, succeed, walk } from "../api/room-timelines/timelines.ts";
import type { Client } from "../support/client.ts";
import { times } from "./effort.ts";
import { deployments } from "./race-engines.ts";
import { phones, seededServers } from "./seeded-server.ts";

function sendAs(client: Client, roomId: string, txnId: string, body: string): Promise<{ event_id: string }> {
  return succeed(client.request("PUT", roomPath(roomId, "send", "m.room.message", txnId), { body }));
}

for (const deployment of deployments) {
  test(`R2: one transaction sent by many requests at once is one event, and answered alike (${deployment.name})`, async (t) => {
    const [alice] = await seededServers(t, deployment, ["alice PHONE"]);
    const roomId = await newRoom(alice);
    const rounds = 5 * times;
    for (let round = 0; round < rounds; round++) {
      const sends = Array.from({ length: 24 }, () => sendAs(alice, roomId, `txn${round}`, String(round)));
      const ids = new Set((await Promise.all(sends)).map(({ event_id }) => event_id));
      assert.equal(ids.size, 1);
    }
    const bodies = bodiesIn(await walk(alice, roomId, { dir: "f", limit: "100" }));
    assert.deepEqual(
      bodies,
      Array.from({ length: rounds }, (_, round) => String(round)),
    );
  });

  test(`R2: devices that use the same transaction ids at once do not meet (${deployment.name})`, async (t) => {
    const [phone, laptop, bob] = await seededServers(t, deployment, ["alice PHONE", "alice LAPTOP", "bob PHONE"]);
    const roomId = await newRoom(phone);
    await join(bob, roomId);
    const sends = [phone, laptop, bob].flatMap((client) =>
      Array.from({ length: 8 }, () => sendAs(client, roomId, "txn", client.deviceId)),
    );
    assert.equal(new Set((await Promise.all(sends)).map(({ event_id }) => event_id)).size, 3);
    assert.equal(bodiesIn(await walk(bob, roomId, { dir: "f" })).length, 3);
  });

  test(`of many senders at once everything comes once, each sender's in order, and a walk meanwhile misses nothing (${deployment.name})`, async (t) => {
    const senders = await seededServers(t, deployment, phones("sender", 8));
    const [owner] = senders as [Client, ...Client[]];
    const roomId = await newRoom(owner);
    await Promise.all(senders.slice(1).map((sender) => join(sender, roomId)));
    const each = 12 * times;
    const send = async (sender: Client) => {
      for (let number = 0; number < each; number++) {
        const body = `${sender.userId} ${number}`;
        // Sent twice, as after a lost answer.
        await Promise.all([1, 2].map(() => sendAs(sender, roomId, `txn${number}`, body)));
      }
    };
    const walking = async () => {
      const earlier = bodiesIn(await walk(owner, roomId, { dir: "f", limit: "3" }));
      assert.equal(new Set(earlier).size, earlier.length);
      return earlier;
    };
    const [earlier] = await Promise.all([walking(), ...senders.map(send)]);
    const all = bodiesIn(await walk(owner, roomId, { dir: "f", limit: "100" }));
    assert.deepEqual(all.slice(0, earlier?.length), earlier);
    assert.equal(all.length, senders.length * each);
    for (const { userId } of senders) {
      const numbers = all.filter((body) => body.startsWith(`${userId} `)).map((body) => Number(body.split(" ")[1]));
      assert.deepEqual(
        numbers,
        Array.from({ length: each }, (_, number) => number),
      );
    }
  });

  test(`annotations of one kind that come at once are one (${deployment.name})`, async (t) => {
    const [alice] = await seededServers(t, deployment, ["alice PHONE"]);
    const roomId = await newRoom(alice);
    const event = await say(alice, roomId, "x");
    const content = { "m.relates_to": { rel_type: "m.annotation", event_id: event, key: "+" } };
    const sends = Array.from({ length: 10 }, (_, n) =>
      alice.request("PUT", roomPath(roomId, "send", "m.reaction", `txn${n}`), content),
    );
    const statuses = (await Promise.all(sends)).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, ...Array.from({ length: 9 }, () => 400)]);
  });

  test(`of states that are set at once the last one in the timeline is in force (${deployment.name})`, async (t) => {
    const [alice] = await seededServers(t, deployment, ["alice PHONE"]);
    const roomId = await newRoom(alice);
    const topics = Array.from({ length: 20 }, (_, n) => `topic ${n % 7}`);
    const ids = await Promise.all(topics.map((topic) => setState(alice, roomId, "m.room.topic", { topic })));
    const history = await walk(alice, roomId, { dir: "f", limit: "100" });
    const set = history.filter(({ type }) => type === "m.room.topic");
    assert.deepEqual(set.map(({ event_id }) => event_id).sort(), [...new Set(ids)].sort());
    const path = `${roomPath(roomId, "state", "m.room.topic")}?format=event`;
    assert.equal((await succeed(alice.get(path))).event_id, set.at(-1).event_id);
    // Each names the one before it.
    for (const [index, { unsigned }] of set.entries()) {
      assert.equal(unsigned.replaces_state, index === 0 ? undefined : set[index - 1].event_id);
    }
  });
}
