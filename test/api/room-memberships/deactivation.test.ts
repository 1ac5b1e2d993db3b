import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, newClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/test-server.ts";
import { act, membershipOf, newRoom, refused, succeed } from "./rooms.ts";

let server: TestServer;

before(async () => {
  server = await startTestServer();
});
after(() => server.close());

function deactivate(client: Client) {
  const password = client.userId.slice(1, client.userId.indexOf(":")).concat("-password");
  const identifier = { type: "m.id.user", user: client.userId };
  return client.post("/account/deactivate", { auth: { type: "m.login.password", identifier, password } });
}

test("whose account ends leaves all rooms, declines invites, and cannot be asked into others", async () => {
  const alice = await newClient(server.url, "alice");
  const bob = await newClient(server.url, "bob");
  const own = await newRoom(bob, { preset: "public_chat" });
  await succeed(act(alice, own, "join"));
  const joined = await newRoom(alice, { preset: "public_chat" });
  await succeed(act(bob, joined, "join"));
  const invited = await newRoom(alice, { invite: [bob.userId] });
  const knockable = { type: "m.room.join_rules", content: { join_rule: "knock" } };
  const knocked = await newRoom(alice, { initial_state: [knockable] });
  await succeed(bob.post(`/knock/${encodeURIComponent(knocked)}`, {}));
  const banned = await newRoom(alice);
  await succeed(act(alice, banned, "ban", { user_id: bob.userId }));
  const left = await newRoom(alice, { invite: [bob.userId] });
  await succeed(act(bob, left, "leave", { reason: "before" }));
  await succeed(deactivate(bob));
  for (const roomId of [own, joined, invited, knocked, left]) {
    assert.equal(await membershipOf(alice, roomId, bob.userId), "leave");
  }
  assert.equal(await membershipOf(alice, banned, bob.userId), "ban");
  await refused(act(alice, joined, "invite", { user_id: bob.userId }), 403, "M_FORBIDDEN");
  await refused(alice.post("/createRoom", { invite: [bob.userId] }), 403, "M_FORBIDDEN");
});
