import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AppService, AppServiceRegistration } from "matrix-appservice";
import { createClient, type MatrixClient, MemoryStore, Method, Preset } from "matrix-js-sdk";
import { SdkDevice } from "../js-sdk/sdk-device.ts";
import { until } from "../js-sdk/until.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import { registerUser, startTestServer } from "../support/test-server.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into it freely.
type BridgedEvent = Record<string, any>;

// A bridge as its authors write one: matrix-appservice listens and makes the registration, matrix-js-sdk speaks as its users.
const registration = new AppServiceRegistration(null);
const [asToken, hsToken] = [AppServiceRegistration.generateToken(), AppServiceRegistration.generateToken()];
const bridge = new AppService({ homeserverToken: hsToken });
const received: BridgedEvent[] = [];
for (const kind of ["event", "ephemeral"]) bridge.on(kind, (event) => received.push(event));

const listener = createServer(bridge.expressApp).listen(0, "127.0.0.1");
await once(listener, "listening");
const folder = await mkdtemp(join(tmpdir(), "claviger-bridge-"));
const file = join(folder, "registration.yaml");
registration.setId("irc");
registration.setAppServiceUrl(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`);
registration.setAppServiceToken(asToken);
registration.setHomeserverToken(hsToken);
registration.setSenderLocalpart("ircbot");
registration.pushEphemeral = true;
registration.addRegexPattern("users", "@irc_.*:localhost", true);
registration.addRegexPattern("aliases", "#irc_.*:localhost", true);
registration.outputAsYaml(file);

const server = await startTestServer({ appservices: [file] });
const bot = speakAs("@ircbot:localhost");
const alice = await SdkDevice.start(server.url, await registerUser(server.url, "alice"));
after(async () => {
  alice.client.stopClient();
  await server.close();
  listener.close();
  listener.closeAllConnections();
  await rm(folder, { recursive: true });
  assert.deepEqual(alice.wire.problems, []);
});

test("a bridge hears of an invitation, joins, hears what is said and answers", async () => {
  const ghost = await makeGhost("irc_bob");
  const { room_id: roomId } = await alice.client.createRoom({
    preset: Preset.PrivateChat,
    invite: ["@irc_bob:localhost"],
  });
  const invitation = await untilReceived((event) => event["room_id"] === roomId && event["type"] === "m.room.member");
  assert.deepEqual(
    [invitation["state_key"], invitation["sender"], invitation["content"].membership],
    ["@irc_bob:localhost", "@alice:localhost", "invite"],
  );
  await ghost.joinRoom(roomId);
  const { event_id: eventId } = await alice.client.sendTextMessage(roomId, "Hello, IRC");
  const message = await untilReceived((event) => event["event_id"] === eventId);
  assert.equal(message["content"].body, "Hello, IRC");

  const { event_id: answerId } = await ghost.sendTextMessage(roomId, "Hello, Matrix");
  const answer = await alice.until(() => alice.client.getRoom(roomId)?.findEventById(answerId));
  assert.deepEqual([answer.getSender(), answer.getContent()["body"]], ["@irc_bob:localhost", "Hello, Matrix"]);
  await untilReceived((event) => event["event_id"] === answerId);

  await alice.client.sendTyping(roomId, true, 60_000);
  const typing = await untilReceived((event) => event["type"] === "m.typing");
  assert.deepEqual([typing["room_id"], typing["content"]], [roomId, { user_ids: [alice.userId] }]);
  await alice.client.sendReadReceipt(answer);
  const receipt = await untilReceived((event) => event["type"] === "m.receipt");
  assert.ok(receipt["content"][answerId]["m.read"][alice.userId]);
});

test("a user of the bridge is made when somebody invites it", async () => {
  bridge.onUserQuery = async (userId) => {
    await makeGhost(userId.slice(1, userId.indexOf(":")));
  };
  const { room_id: roomId } = await alice.client.createRoom({ preset: Preset.PrivateChat });
  await alice.client.invite(roomId, "@irc_carol:localhost");
  const invitation = await untilReceived((event) => event["state_key"] === "@irc_carol:localhost");
  assert.deepEqual([invitation["room_id"], invitation["content"].membership], [roomId, "invite"]);
  await speakAs("@irc_carol:localhost").joinRoom(roomId);
  await alice.until(() => alice.client.getRoom(roomId)?.getJoinedMemberCount() === 2);
});

test("a room of the bridge is made when somebody asks for its alias", async () => {
  bridge.onAliasQuery = async (alias) => {
    await bot.createRoom({ preset: Preset.PublicChat, room_alias_name: alias.slice(1, alias.indexOf(":")) });
  };
  const room = await alice.client.joinRoom("#irc_lobby:localhost");
  const joined = await untilReceived(
    (event) => event["room_id"] === room.roomId && event["state_key"] === alice.userId,
  );
  assert.equal(joined["content"].membership, "join");
});

/** A client of the bridge's, for itself or one of its users. */
function speakAs(userId: string): MatrixClient {
  return createClient({
    ...{ baseUrl: server.url, accessToken: asToken, userId, queryParams: { user_id: userId } },
    ...{ fetchFn: checkedFetch, store: new MemoryStore(), disableVoip: true },
  });
}

async function makeGhost(username: string): Promise<MatrixClient> {
  const body = { type: "m.login.application_service", username, inhibit_login: true };
  await bot.http.authedRequest(Method.Post, "/register", {}, body);
  return speakAs(`@${username}:localhost`);
}

function untilReceived(isIt: (event: BridgedEvent) => boolean): Promise<BridgedEvent> {
  return until(bridge, ["event", "ephemeral"], () => received.find(isIt));
}
