import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, newClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/test-server.ts";
import { newRoom, refused, roomPath, roomPathV1, say, succeed } from "./timelines.ts";

let server: TestServer;
let alice: Client;
let roomId: string;
let eventId: string;

before(async () => {
  server = await startTestServer();
  alice = await newClient(server.url, "alice");
  roomId = await newRoom(alice);
  eventId = await say(alice, roomId, "here");
});
after(() => server.close());

const limits = ["limit=x", "limit=", "limit=-1", "limit=1.5", "limit=1e1", "limit=0x1", `limit=${"9".repeat(30)}`];
const directions = ["dir=x", "dir=", "dir=B", "dir=b&dir=f"];
const tokensOf = (name: string) =>
  ["x", "", "p1_", "p1_1", "p1_1_1_1", "p1_01_1", "p1_-1_1", "p2_1_1", `p1_${"z".repeat(11)}_1`, "s1", "%00"].map(
    (token) => `${name}=${token}`,
  );
const filters = ["filter=", "filter=x", "filter=[]", "filter=1", "filter=null", "filter=%7B%7D&filter=%7B%7D"];

/** What each endpoint needs, and what is wrong with it. */
const endpoints: readonly [name: string, path: () => string, needed: string, wrong: readonly string[]][] = [
  [
    "messages",
    () => roomPath(roomId, "messages"),
    "dir=b",
    [...limits, ...tokensOf("from"), ...tokensOf("to"), ...filters, "from=p1_1_1&from=p1_1_1", "limit=1&limit=1"],
  ],
  ["messages by direction", () => roomPath(roomId, "messages"), "limit=1", directions],
  ["context", () => roomPath(roomId, "context", eventId), "", [...limits, ...filters]],
  [
    "relations",
    () => roomPathV1(roomId, "relations", eventId),
    "",
    [...limits, ...directions, ...tokensOf("from"), ...tokensOf("to"), "recurse=1", "recurse=", "recurse=TRUE"],
  ],
  ["threads", () => roomPathV1(roomId, "threads"), "", [...limits, ...tokensOf("from"), "include=x", "include="]],
  [
    "timestamp_to_event",
    () => roomPathV1(roomId, "timestamp_to_event"),
    "dir=f",
    ["ts=", "ts=x", "ts=-1", "ts=1.5", "ts=1e3", `ts=${"9".repeat(30)}`, "ts=1&ts=2"],
  ],
  ["timestamp_to_event by direction", () => roomPathV1(roomId, "timestamp_to_event"), "ts=1", directions],
];

for (const [name, path, needed, wrong] of endpoints) {
  test(`${name} with parameters of wrong shapes is 400 M_INVALID_PARAM`, async () => {
    for (const query of wrong) {
      const answer = await alice.get(`${path()}?${needed}&${query}`);
      assert.deepEqual([answer.status, answer.body.errcode], [400, "M_INVALID_PARAM"], query);
    }
    const enough = name.startsWith("timestamp_to_event") ? "dir=f&ts=1" : "dir=b&limit=0";
    await succeed(alice.get(`${path()}?${enough}`));
  });
}

test("a parameter that is needed and missing is 400 M_MISSING_PARAM", async () => {
  await refused(alice.get(roomPath(roomId, "messages")), 400, "M_MISSING_PARAM");
  await refused(alice.get(`${roomPathV1(roomId, "timestamp_to_event")}?ts=1`), 400, "M_MISSING_PARAM");
  await refused(alice.get(`${roomPathV1(roomId, "timestamp_to_event")}?dir=b`), 400, "M_MISSING_PARAM");
});

test("what is no room or event id is 400 M_INVALID_PARAM; where there is none of the id it is not", async () => {
  for (const id of ["x", `!${"x".repeat(255)}`, "!a\0", "#alias:localhost"]) {
    for (const path of [
      `${roomPath(id, "messages")}?dir=b`,
      roomPathV1(id, "threads"),
      roomPath(id, "context", eventId),
    ]) {
      await refused(alice.get(path), 400, "M_INVALID_PARAM");
    }
  }
  for (const id of ["x", `$${"x".repeat(255)}`, "$a\0"]) {
    for (const path of [roomPath(roomId, "context", id), roomPathV1(roomId, "relations", id)]) {
      await refused(alice.get(path), 400, "M_INVALID_PARAM");
    }
  }
  await refused(alice.get(roomPath(roomId, "context", "$none")), 404, "M_NOT_FOUND");
  await refused(alice.get(roomPathV1(roomId, "relations", "$none")), 404, "M_NOT_FOUND");
  await refused(alice.get(`${roomPath("!none:localhost", "messages")}?dir=b`), 403, "M_FORBIDDEN");
});
