import { test } from "node:test";
import fc from "fast-check";
import type { Client } from "../../support/client.ts";
import { type ClientOptions, ModelledClient } from "./modelled-client.ts";
import { newRoom, roomPath, serveRooms, succeed } from "./rooms.ts";

const { users } = await serveRooms();
const people = 3;
const numRuns = process.env["TEST_ENGINE"] === "postgres" ? 8 : 25;

/** Something that one of the users does, in one of two rooms; what the room refuses does not happen. */
interface Step {
  readonly what:
    | "say"
    | "name"
    | "profile"
    | "see"
    | "join"
    | "leave"
    | "invite"
    | "kick"
    | "ban"
    | "sync"
    | "lost"
    | "wait"
    | "full";
  readonly who: number;
  readonly whom: number;
  readonly room: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 5, arbitrary: fc.constant("say" as const) },
    { weight: 4, arbitrary: fc.constantFrom("join" as const, "sync" as const) },
    { weight: 2, arbitrary: fc.constantFrom("name" as const, "leave" as const, "lost" as const, "wait" as const) },
    { weight: 1, arbitrary: fc.constantFrom("profile" as const, "see" as const, "invite" as const, "kick" as const) },
    { weight: 1, arbitrary: fc.constantFrom("ban" as const, "full" as const) },
  ),
  ...{ who: fc.nat(people - 1), whom: fc.nat(people - 1), room: fc.nat(1) },
});

const options: fc.Arbitrary<ClientOptions> = fc.record({
  ...{ limit: fc.integer({ min: 1, max: 6 }), lazy: fc.boolean(), stateAfter: fc.boolean() },
});

test("R4: clients that sync whatever happens end with the server's state and every event once", async () => {
  const clients = await users("alice", "bob", "carol");
  const history = fc.array(step, { minLength: 15, maxLength: 60, size: "max" });
  const optionsOfAll = fc.tuple(options, options, options);
  await fc.assert(
    fc.asyncProperty(history, optionsOfAll, (steps, all) => runHistory(clients, steps, all)),
    { numRuns },
  );
});

async function runHistory(clients: readonly Client[], steps: readonly Step[], all: readonly ClientOptions[]) {
  const roomIds = [await newRoom(clients[0]!), await newRoom(clients[1]!)];
  const models = clients.map((client, index) => new ModelledClient(client, roomIds, all[index]!));
  const waiting = new Map<ModelledClient, Promise<void>>();
  for (const { what, who, whom, room } of steps) {
    const [model, other, roomId] = [models[who]!, models[whom]!, roomIds[room]!];
    if (what === "sync" || what === "full") {
      await endWait(waiting, model);
      await model.apply(await model.ask(0, what === "full"));
    } else if (what === "lost") {
      await model.ask();
    } else if (what === "wait") {
      if (!waiting.has(model))
        waiting.set(
          model,
          model.ask(60_000).then((answer) => model.apply(answer)),
        );
    } else {
      // What is on its way might be from before or after: whoever is to leave has heard everything first.
      if (what === "leave") await endWait(waiting, model);
      if (what === "kick" || what === "ban") await endWait(waiting, other);
      await act(what, model, other, roomId);
    }
  }
  for (const model of models) {
    await endWait(waiting, model);
    await model.apply(await model.ask());
  }
  const told = steps.map(({ what, who, whom, room }) => `${what} ${who} ${whom} ${room}`).join("\n");
  for (const model of models) await model.check(told);
}

/** Ends a sync that waits, with news of its own if need be. */
async function endWait(waiting: Map<ModelledClient, Promise<void>>, model: ModelledClient): Promise<void> {
  const wait = waiting.get(model);
  if (!wait) return;
  waiting.delete(model);
  const path = `/user/${encodeURIComponent(model.client.userId)}/account_data/org.example.wake`;
  await succeed(model.client.request("PUT", path, {}));
  await wait;
}

/** What a room refuses is answered so, and nothing has happened. */
async function act(what: Step["what"], actor: ModelledClient, other: ModelledClient, roomId: string): Promise<void> {
  const { client } = actor;
  const put = (path: string, body: object) => client.request("PUT", roomPath(roomId, path), body);
  const post = (verb: string, body: object = {}) => client.post(roomPath(roomId, `/${verb}`), body);
  const number = ++changes;
  if (what === "say") await put(`/send/m.room.message/p${number}`, { msgtype: "m.text", body: `${number}` });
  if (what === "name") await put("/state/m.room.name/", { name: `${number}` });
  if (what === "see") await put("/state/m.room.history_visibility/", { history_visibility: visibilities[number % 2] });
  if (what === "profile") {
    const content = { membership: "join", displayname: `${number}` };
    await put(`/state/m.room.member/${encodeURIComponent(client.userId)}`, content);
  }
  if (what === "join") await post("join");
  if (what === "leave" && (await post("leave")).status === 200) actor.noteAway(roomId);
  if (what === "invite") await post("invite", { user_id: other.client.userId });
  if (what === "kick" || what === "ban") {
    if ((await post(what, { user_id: other.client.userId })).status === 200) other.noteAway(roomId);
    if (what === "ban") await post("unban", { user_id: other.client.userId });
  }
}

let changes = 0;
const visibilities = ["shared", "joined"] as const;
