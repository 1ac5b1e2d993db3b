import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import {
  bodiesIn,
  join,
  leave,
  newRoom,
  refused,
  roomPath,
  roomPathV1,
  say,
  setState,
  succeed,
  walk,
} from "./timelines.ts";

const { newUser } = await serveUsers();

/** What has been said in the room, by what the reader was then. */
const said = ["stranger", "invited", "joined", "left", "rejoined"] as const;
type Moment = (typeof said)[number];

/** What the reader sees of it at each of these moments; `undefined`: the room is closed. */
type Sight = Record<Moment, readonly Moment[] | undefined>;

const closedUntilJoined = { stranger: undefined, invited: undefined };
const sights: Record<string, Sight> = {
  world_readable: {
    ...{ stranger: ["stranger"], invited: ["stranger", "invited"], joined: ["stranger", "invited", "joined"] },
    ...{ left: ["stranger", "invited", "joined"], rejoined: said },
  },
  shared: {
    ...{ ...closedUntilJoined, joined: ["stranger", "invited", "joined"] },
    ...{ left: ["stranger", "invited", "joined"], rejoined: said },
  },
  invited: {
    ...{ ...closedUntilJoined, joined: ["invited", "joined"] },
    ...{ left: ["invited", "joined"], rejoined: ["invited", "joined", "rejoined"] },
  },
  joined: {
    ...{ ...closedUntilJoined, joined: ["joined"] },
    ...{ left: ["joined"], rejoined: ["joined", "rejoined"] },
  },
};

/** Events that can be asked for by their ids though the room is closed, or was left before them. */
const singleEvents: Record<string, Partial<Record<Moment, readonly Moment[]>>> = {
  world_readable: { left: ["stranger", "invited", "joined", "left"] },
  invited: { invited: ["invited"] },
};

/** Has something said at each moment, and shows the reader the room then. */
async function liveThrough(
  roomId: string,
  { alice, reader }: { alice: Client; reader: Client },
  look: (moment: Moment, events: ReadonlyMap<Moment, string>) => Promise<void>,
): Promise<void> {
  const becoming: Record<Moment, () => Promise<unknown>> = {
    stranger: async () => undefined,
    invited: () => succeed(alice.post(roomPath(roomId, "invite"), { user_id: reader.userId })),
    joined: () => join(reader, roomId),
    left: () => leave(reader, roomId),
    rejoined: () => join(reader, roomId),
  };
  const events = new Map<Moment, string>();
  for (const moment of said) {
    await becoming[moment]();
    events.set(moment, await say(alice, roomId, moment));
    await look(moment, events);
  }
}

for (const [visibility, sight] of Object.entries(sights)) {
  test(`R3, ${visibility}: pages hold what the reader may see, whatever the reader is`, async () => {
    const [alice, reader] = [await newUser(), await newUser()];
    const history = { type: "m.room.history_visibility", content: { history_visibility: visibility } };
    const roomId = await newRoom(alice, { initial_state: [history] });
    await liveThrough(roomId, { alice, reader }, async (moment) => {
      const expected = sight[moment];
      if (expected === undefined) {
        await refused(reader.get(`${roomPath(roomId, "messages")}?dir=b`), 403, "M_FORBIDDEN");
        return;
      }
      for (const limit of ["1", "2", "100"]) {
        const forward = await walk(reader, roomId, { dir: "f", limit });
        assert.deepEqual(bodiesIn(forward), expected, `${moment}, forward by ${limit}`);
        const backward = await walk(reader, roomId, { dir: "b", limit });
        assert.deepEqual(bodiesIn(backward), expected.toReversed(), `${moment}, backward by ${limit}`);
      }
    });
  });

  test(`R3, ${visibility}: single events, contexts and relations are shown by the same rules`, async () => {
    const [alice, reader] = [await newUser(), await newUser()];
    const history = { type: "m.room.history_visibility", content: { history_visibility: visibility } };
    const roomId = await newRoom(alice, { initial_state: [history] });
    await liveThrough(roomId, { alice, reader }, async (now, events) => {
      const expected = singleEvents[visibility]?.[now] ?? sight[now] ?? [];
      for (const [moment, eventId] of events) {
        const answers = await Promise.all([
          reader.get(roomPath(roomId, "event", eventId)),
          reader.get(roomPath(roomId, "context", eventId)),
          reader.get(roomPathV1(roomId, "relations", eventId)),
        ]);
        const status = expected.includes(moment) ? 200 : 404;
        const statuses = answers.map((answer) => answer.status);
        assert.deepEqual(statuses, [status, status, status], `${now} asks for ${moment}`);
      }
    });
  });
}

for (const visibility of [undefined, "nonsense", 5]) {
  test(`history of visibility ${visibility} counts as shared`, async () => {
    const [alice, reader] = [await newUser(), await newUser()];
    const history = { type: "m.room.history_visibility", content: { history_visibility: visibility } };
    const roomId = await newRoom(alice, { initial_state: [history] });
    await say(alice, roomId, "before");
    await refused(reader.get(`${roomPath(roomId, "messages")}?dir=b`), 403, "M_FORBIDDEN");
    await join(reader, roomId);
    assert.deepEqual(bodiesIn(await walk(reader, roomId, { dir: "b" })), ["before"]);
  });
}

test("R3: a change of the visibility is seen by whom the state before or after it lets see it", async () => {
  const [alice, stranger, late] = [await newUser(), await newUser(), await newUser()];
  const roomId = await newRoom(alice, { initial_state: [] });
  const change = (visibility: string) =>
    setState(alice, roomId, "m.room.history_visibility", { history_visibility: visibility });
  const closing = await change("joined");
  const hidden = await say(alice, roomId, "hidden");
  const opening = await change("world_readable");
  const open = await say(alice, roomId, "open");
  const closingAgain = await change("joined");
  const hiddenAgain = await say(alice, roomId, "hidden again");
  const statusesFor = async (client: Client) => {
    const ids = [closing, hidden, opening, open, closingAgain, hiddenAgain];
    const answers = await Promise.all(ids.map((eventId) => client.get(roomPath(roomId, "event", eventId))));
    return answers.map(({ status }) => status);
  };
  assert.deepEqual(await statusesFor(stranger), [404, 404, 200, 200, 200, 404]);
  await join(late, roomId);
  // The first change was made when history was shared.
  assert.deepEqual(await statusesFor(late), [200, 404, 200, 200, 200, 404]);
});

test("own memberships are seen by the membership before or after them", async () => {
  const [alice, reader] = [await newUser(), await newUser()];
  const history = { type: "m.room.history_visibility", content: { history_visibility: "joined" } };
  const roomId = await newRoom(alice, { initial_state: [history] });
  await succeed(alice.post(roomPath(roomId, "invite"), { user_id: reader.userId }));
  await join(reader, roomId);
  await succeed(alice.post(roomPath(roomId, "kick"), { user_id: reader.userId }));
  const own = (await walk(reader, roomId, { dir: "f" })).filter(({ state_key }) => state_key === reader.userId);
  assert.deepEqual(
    own.map(({ content, unsigned }) => [content.membership, unsigned.membership]),
    [
      ["join", "join"],
      ["leave", "leave"],
    ],
  );
});

test("R3: who is banned sees the room as it was then; who has forgotten it sees nothing", async () => {
  const [alice, reader] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(reader, roomId);
  const seen = await say(alice, roomId, "seen");
  await succeed(alice.post(roomPath(roomId, "ban"), { user_id: reader.userId }));
  await setState(alice, roomId, "m.room.name", { name: "new" });
  assert.deepEqual(bodiesIn(await walk(reader, roomId, { dir: "b" })), ["seen"]);
  await refused(reader.get(roomPath(roomId, "state", "m.room.name")), 404, "M_NOT_FOUND");
  await succeed(reader.post(roomPath(roomId, "forget"), {}));
  await refused(reader.get(`${roomPath(roomId, "messages")}?dir=b`), 403, "M_FORBIDDEN");
  await refused(reader.get(roomPath(roomId, "state")), 403, "M_FORBIDDEN");
  await refused(reader.get(roomPath(roomId, "event", seen)), 404, "M_NOT_FOUND");
});

test("R3: who has left sees the state and the members of then", async () => {
  const [alice, reader, late] = [await newUser(), await newUser(), await newUser()];
  const roomId = await newRoom(alice, { name: "old" });
  await join(reader, roomId);
  await leave(reader, roomId);
  await setState(alice, roomId, "m.room.name", { name: "new" });
  await join(late, roomId);
  assert.deepEqual(await succeed(reader.get(roomPath(roomId, "state", "m.room.name"))), { name: "old" });
  const state = await succeed(reader.get(roomPath(roomId, "state")));
  assert.equal(state.find(({ type }: { type: string }) => type === "m.room.name").content.name, "old");
  const members = (await succeed(reader.get(roomPath(roomId, "members")))).chunk;
  const listed = members.map(({ state_key, content }: { state_key: string; content: { membership: string } }) => [
    state_key,
    content.membership,
  ]);
  assert.deepEqual(Object.fromEntries(listed), { [alice.userId]: "join", [reader.userId]: "leave" });
  await refused(reader.get(roomPath(roomId, "joined_members")), 403, "M_FORBIDDEN");
});

test("the members of a time before are not for who may not see what happened then", async () => {
  const [alice, late] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice, {
    initial_state: [{ type: "m.room.history_visibility", content: { history_visibility: "joined" } }],
  });
  const nameOf = async (at: string) => {
    const { chunk } = await succeed(late.get(`${roomPath(roomId, "members")}?at=${at}`));
    return chunk.find(({ state_key }: { state_key: string }) => state_key === alice.userId).content.displayname;
  };
  const rename = (displayname: string) =>
    setState(alice, roomId, "m.room.member", { membership: "join", displayname }, alice.userId);
  await rename("Secret");
  const { next_batch: before } = await alice.sync();
  await rename("Public");
  await join(late, roomId);
  await refused(late.get(`${roomPath(roomId, "members")}?at=${before}`), 403, "M_FORBIDDEN");
  assert.equal(await nameOf((await late.sync()).next_batch), "Public");
  await setState(alice, roomId, "m.room.history_visibility", { history_visibility: "shared" });
  await refused(late.get(`${roomPath(roomId, "members")}?at=${before}`), 403, "M_FORBIDDEN");
});

test("strangers may ask for nothing of a closed room, nor of one that does not exist", async () => {
  const [alice, stranger] = [await newUser(), await newUser()];
  const closed = await newRoom(alice, { preset: "private_chat" });
  for (const roomId of [closed, "!nowhere:localhost"]) {
    for (const part of ["state", "members", "joined_members", "messages?dir=b", "state/m.room.name"]) {
      await refused(stranger.get(`${roomPath(roomId)}/${part}`), 403, "M_FORBIDDEN");
    }
    await refused(stranger.get(roomPathV1(roomId, "threads")), 403, "M_FORBIDDEN");
    await refused(stranger.get(`${roomPathV1(roomId, "timestamp_to_event")}?ts=1&dir=f`), 403, "M_FORBIDDEN");
    await refused(stranger.get(roomPath(roomId, "event", "$nothing")), 404, "M_NOT_FOUND");
  }
});
