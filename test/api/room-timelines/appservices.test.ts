import assert from "node:assert/strict";
import { test } from "node:test";
import { bridgedDevice, bridgedUser, refusalOf, serveBridges } from "../appservices/serve-bridges.ts";
import { roomPath, roomPathV1 } from "./timelines.ts";

const bridges = serveBridges();

async function ask(method: string, path: string, as: { userId: string; deviceId?: string; body?: unknown }) {
  return bridges.bridge.request(bridges.url, method, path, as);
}

async function bridgedRoom(userId: string): Promise<string> {
  return (await ask("POST", "/createRoom", { userId, body: {} })).body.room_id;
}

test("an appservice says when an event was sent, which does not move it in the timeline", async () => {
  const userId = await bridgedUser(bridges, "bridge_massaging");
  const roomId = await bridgedRoom(userId);
  const put = async (path: string, body: object) => {
    const answer = await ask("PUT", path, { userId, body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body.event_id;
  };
  const message = await put(`${roomPath(roomId, "send", "m.room.message", "1")}?ts=1000`, { body: "old" });
  const topic = await put(`${roomPath(roomId, "state", "m.room.topic")}?ts=2000`, { topic: "old" });
  const { chunk } = (await ask("GET", `${roomPath(roomId, "messages")}?dir=b&limit=2`, { userId })).body;
  const found = chunk.map((event: { event_id: string; origin_server_ts: number }) => [
    event.event_id,
    event.origin_server_ts,
  ]);
  assert.deepEqual(found, [
    [topic, 2000],
    [message, 1000],
  ]);
  const nearest = await ask("GET", `${roomPathV1(roomId, "timestamp_to_event")}?ts=1500&dir=f`, { userId });
  assert.deepEqual(nearest.body, { event_id: topic, origin_server_ts: 2000 });
  for (const ts of ["x", "-1", "0.5", "", "9".repeat(20)]) {
    const path = `${roomPath(roomId, "send", "m.room.message", `bad${ts}`)}?ts=${ts}`;
    assert.deepEqual(refusalOf(await ask("PUT", path, { userId, body: {} })), [400, "M_INVALID_PARAM"]);
  }
});

test("an appservice's event is at most a day ahead, and no younger than now", async () => {
  const userId = await bridgedUser(bridges, "bridge_ahead");
  const roomId = await bridgedRoom(userId);
  const hour = 60 * 60 * 1000;
  for (const ts of ["9".repeat(15), Date.now() + 25 * hour]) {
    for (const path of [
      roomPath(roomId, "send", "m.room.message", `${ts}`),
      roomPath(roomId, "state", "m.room.topic"),
    ]) {
      assert.deepEqual(refusalOf(await ask("PUT", `${path}?ts=${ts}`, { userId, body: {} })), [400, "M_INVALID_PARAM"]);
    }
  }
  const ahead = Date.now() + 23 * hour;
  const path = `${roomPath(roomId, "send", "m.room.message", "ahead")}?ts=${ahead}`;
  const sent = await ask("PUT", path, { userId, body: { body: "early" } });
  const found = (await ask("GET", roomPath(roomId, "event", sent.body.event_id), { userId })).body;
  assert.deepEqual([found.origin_server_ts, found.unsigned.age], [ahead, 0]);
});

test("an appservice's transaction ids are apart by user and device, and told to who has sent", async () => {
  const { userId, deviceId } = await bridgedDevice(bridges, "bridge_sending");
  const roomId = await bridgedRoom(userId);
  const path = roomPath(roomId, "send", "m.room.message", "same");
  const sendAs = async (as: { userId: string; deviceId?: string }) =>
    (await ask("PUT", path, { ...as, body: { body: "x" } })).body.event_id;
  const [bare, again, ofDevice] = [
    await sendAs({ userId }),
    await sendAs({ userId }),
    await sendAs({ userId, deviceId }),
  ];
  assert.equal(again, bare);
  assert.notEqual(ofDevice, bare);
  const told = async (eventId: string, as: { userId: string; deviceId?: string }) =>
    (await ask("GET", roomPath(roomId, "event", eventId), as)).body.unsigned.transaction_id;
  assert.equal(await told(bare, { userId }), "same");
  assert.equal(await told(bare, { userId, deviceId }), undefined);
  assert.equal(await told(ofDevice, { userId, deviceId }), "same");
});
