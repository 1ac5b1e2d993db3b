import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RoomAlias } from "../../../src/protocol/identifiers/room-alias.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { withDatabase } from "../../stores/contract.ts";
import { engines } from "../../stores/engines.ts";
import { noon, userNamed } from "../../stores/owners.ts";
import { FeedHouse } from "./feed-house.ts";
import { append, makeRoom, memberDraft, move, say } from "./feed-rooms.ts";
import { appservicesOf, registration } from "./registrations.ts";

const [alice, bob, carol] = ["alice", "bob", "carol"].map(userNamed) as [UserId, UserId, UserId];
const [ghost, phantom] = ["bridge_ghost", "bridge_phantom"].map(userNamed) as [UserId, UserId];

/** What events say in short: the text of messages, the state key and membership of members, else the type. */
function inShort(events: Body[]): string[] {
  return events.map(({ type, content, state_key }) =>
    type === "m.room.member" ? `${state_key.slice(1, -12)} ${content.membership}` : (content.body ?? type),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: the body of a transaction, looked into freely.
type Body = any;

async function told(house: FeedHouse): Promise<string[]> {
  return (await house.drain()).flatMap(({ events }) => inShort(events));
}

for (const engine of engines) {
  describe(`rooms in transactions for appservices on ${engine.name}`, () => {
    const onHouse = (name: string, body: (house: FeedHouse) => Promise<void>, so = {}) =>
      test(name, () =>
        withDatabase(engine, async (database) => {
          const house = new FeedHouse(database, appservicesOf(registration("bridge", so)));
          // From now on it is told.
          assert.equal(await house.next(), undefined);
          await body(house);
        }),
      );

    onHouse("an event goes out as clients get it, with its room and its age", async (house) => {
      const roomId = await makeRoom(house, ghost);
      await house.drain();
      const [eventId] = await append(house, roomId, {
        ...{ type: "m.room.topic", stateKey: "", sender: ghost, content: { topic: "one" } },
      });
      house.clock.advance(70);
      const [second] = await append(house, roomId, {
        ...{ type: "m.room.topic", stateKey: "", sender: ghost, content: { topic: "two" } },
      });
      const [body] = await house.drain();
      const common = { type: "m.room.topic", sender: ghost, room_id: roomId, state_key: "" };
      const time = house.clock.now();
      assert.deepEqual(body.events, [
        {
          ...common,
          ...{ event_id: eventId, content: { topic: "one" }, origin_server_ts: time - 70, unsigned: { age: 70 } },
        },
        {
          ...{ ...common, event_id: second, content: { topic: "two" }, origin_server_ts: time },
          unsigned: { age: 0, prev_content: { topic: "one" }, replaces_state: eventId },
        },
      ]);
      assert.deepEqual(Object.keys(body), ["events"]);
    });

    onHouse(
      "a room is heard of while one of its users is there, asked or joined, and not before or after",
      async (house) => {
        const roomId = await makeRoom(house, alice);
        await say(house, roomId, alice, "before");
        await append(house, roomId, memberDraft(alice, ghost, "invite"));
        await say(house, roomId, alice, "asked");
        await move(house, roomId, "join", ghost);
        await say(house, roomId, alice, "there");
        await append(house, roomId, memberDraft(alice, ghost, "leave"));
        await say(house, roomId, alice, "after");
        // All of it at once, when the last of its users is gone already: as they come, they are told.
        assert.deepEqual(await told(house), [
          "bridge_ghost invite",
          "asked",
          "bridge_ghost join",
          "there",
          "bridge_ghost leave",
        ]);
        await say(house, roomId, alice, "long after");
        assert.deepEqual(await told(house), []);
        await move(house, roomId, "join", ghost);
        await say(house, roomId, alice, "again");
        assert.deepEqual(await told(house), ["bridge_ghost join", "again"]);
      },
    );

    onHouse("an invite or knock of its user goes with the state of the room as it was then", async (house) => {
      const roomId = await makeRoom(house, alice);
      const named = (name: string) => ({ type: "m.room.name", stateKey: "", sender: alice, content: { name } });
      const ruled = (rule: string) => ({
        ...{ type: "m.room.join_rules", stateKey: "", sender: alice, content: { join_rule: rule } },
      });
      await append(house, roomId, named("then"), memberDraft(alice, ghost, "invite"), named("now"), ruled("knock"));
      await append(house, roomId, memberDraft(phantom, phantom, "knock"), memberDraft(alice, bob, "invite"));
      const [{ events }] = (await house.drain()) as [Body];
      const of = (user: UserId) => events.find((event: Body) => event.state_key === user).unsigned;
      const inState = (state: Body[]) => state.map(({ type, state_key }) => `${type} ${state_key}`.trim()).sort();
      const always = ["m.room.create", "m.room.join_rules", "m.room.name"];
      assert.deepEqual(inState(of(ghost).invite_room_state), [...always, `m.room.member ${alice}`].sort());
      const name = of(ghost).invite_room_state.find(({ type }: Body) => type === "m.room.name");
      assert.deepEqual(name, { type: "m.room.name", state_key: "", sender: alice, content: { name: "then" } });
      assert.deepEqual(inState(of(phantom).knock_room_state), always);
      assert.deepEqual(of(bob), { age: 0 });
      await append(house, roomId, memberDraft(ghost, ghost, "join"));
      const [{ events: after }] = (await house.drain()) as [Body];
      assert.deepEqual(Object.keys(after[0].unsigned), ["age", "prev_content", "replaces_state"]);
    });

    onHouse("invites with long states go out in order, within the bounds of a transaction", async (house) => {
      const roomId = await makeRoom(house, alice);
      const long = { name: "n".repeat(60_000) };
      await append(house, roomId, { type: "m.room.name", stateKey: "", sender: alice, content: long });
      const ghosts = Array.from({ length: 30 }, (_, n) => userNamed(`bridge_${n}`));
      await append(house, roomId, ...ghosts.map((userId) => memberDraft(alice, userId, "invite")));
      const bodies = await house.drain();
      const invited = bodies.flatMap(({ events }) => events.map((event: Body) => event.state_key));
      assert.deepEqual(invited, ghosts);
      for (const body of bodies) assert.ok(JSON.stringify(body).length < 1_048_576);
    });

    onHouse("it hears of the room as long as the last of several is there", async (house) => {
      const roomId = await makeRoom(house, alice);
      await move(house, roomId, "join", ghost, phantom);
      await move(house, roomId, "leave", ghost);
      await say(house, roomId, alice, "one left");
      await move(house, roomId, "leave", phantom);
      await say(house, roomId, alice, "none");
      const all = [
        "bridge_ghost join",
        "bridge_phantom join",
        "bridge_ghost leave",
        "one left",
        "bridge_phantom leave",
      ];
      assert.deepEqual(await told(house), all);
    });

    onHouse("what its users do is heard of wherever it is, and others' rooms are not", async (house) => {
      const other = await makeRoom(house, alice);
      const own = await makeRoom(house, userNamed("bridgebot"));
      await say(house, other, alice, "none of its business");
      await say(house, own, userNamed("bridgebot"), "its own");
      assert.deepEqual(await told(house), ["m.room.create", "bridgebot join", "m.room.join_rules", "its own"]);
    });

    onHouse(
      "rooms of its namespaces are heard of, by id and by alias",
      async (house) => {
        const [named, aliased, neither] = [
          await makeRoom(house, alice),
          await makeRoom(house, alice),
          await makeRoom(house, alice),
        ];
        await house.drain();
        const alias = "#bridge_hall:example.org" as RoomAlias;
        await house.change(({ roomAliases }) => roomAliases.add({ alias, roomId: aliased, creator: alice }, noon));
        for (const roomId of [named, aliased, neither]) await say(house, roomId, alice, roomId);
        assert.deepEqual(await told(house), [aliased]);
        const { id } = house.appservices.all[0]!;
        const so = { namespaces: { users: [], aliases: [], rooms: [{ exclusive: false, regex: named }] } };
        const byId = new FeedHouse(house.database, appservicesOf(registration(id, so)));
        for (const roomId of [named, aliased, neither]) await say(byId, roomId, alice, roomId);
        assert.deepEqual(await told(byId), [named]);
      },
      {
        namespaces: { users: [], aliases: [{ exclusive: true, regex: "#bridge_.*" }], rooms: [] },
      },
    );

    onHouse("events go out in order, at most 100 and half a mebibyte at once, and each once", async (house) => {
      const roomId = await makeRoom(house, ghost);
      await house.drain();
      const texts = Array.from({ length: 250 }, (_, n) => `n${n}`);
      for (let n = 0; n < 250; n += 50) await say(house, roomId, ghost, ...texts.slice(n, n + 50));
      const long = "\u9375".repeat(15_000);
      const longOnes = Array.from({ length: 20 }, (_, n) => `${n}${long}`);
      await say(house, roomId, ghost, ...longOnes);
      const bodies = await house.drain();
      assert.deepEqual(
        bodies.flatMap(({ events }) => inShort(events)),
        [...texts, ...longOnes],
      );
      const sizes = bodies.map(({ events }) => events.length);
      assert.deepEqual(sizes.slice(0, 2), [100, 100]);
      for (const body of bodies) assert.ok(JSON.stringify(body).length < 1_048_576);
      assert.equal(await house.next(), undefined);
    });

    onHouse("a great many events of others' rooms do not keep it from its own", async (house) => {
      const [own, other] = [await makeRoom(house, ghost), await makeRoom(house, alice)];
      await house.drain();
      for (let n = 0; n < 5; n++)
        await say(house, other, alice, ...Array.from({ length: 60 }, (_, index) => `${index}`));
      await say(house, own, ghost, "here");
      assert.deepEqual(await told(house), ["here"]);
    });

    onHouse(
      "what is redacted before it goes out is told without what it said, and so is the redaction",
      async (house) => {
        const roomId = await makeRoom(house, ghost);
        await house.drain();
        const [eventId] = await say(house, roomId, ghost, "regretted");
        const redaction = { type: "m.room.redaction", sender: ghost, content: {}, redacts: eventId! };
        const [redactedBy] = await append(house, roomId, redaction);
        const redacted = { eventId: eventId!, redactedBy: redactedBy!, content: "{}", envelope: "{}" };
        await house.change(({ events }) => events.redact(redacted));
        const [{ events }] = (await house.drain()) as [Body];
        assert.deepEqual([events[0].content, events[0].unsigned.redacted_because.event_id], [{}, redactedBy]);
        assert.deepEqual([events[1].redacts, events[1].content], [eventId, { redacts: eventId }]);
      },
    );

    onHouse(
      "namespaces that change, and an appservice that comes later, find users that are there already",
      async (house) => {
        const roomId = await makeRoom(house, alice);
        await move(house, roomId, "join", userNamed("late_one"));
        const both = [registration("bridge"), registration("late")];
        const later = new FeedHouse(house.database, appservicesOf(...both));
        assert.equal(await later.next(undefined, "late"), undefined);
        await say(later, roomId, alice, "to the late one");
        const bodies = await later.drain("late");
        assert.deepEqual(
          bodies.flatMap(({ events }) => inShort(events)),
          ["to the late one"],
        );
        const wider = { namespaces: { users: [{ exclusive: false, regex: "@late_.*" }], aliases: [], rooms: [] } };
        const changed = new FeedHouse(house.database, appservicesOf(registration("bridge", wider)));
        await say(changed, roomId, alice, "to both");
        assert.ok((await told(changed)).includes("to both"));
      },
    );

    onHouse("E5: in another history events are told from the present on", async (house) => {
      const roomId = await makeRoom(house, ghost);
      await say(house, roomId, ghost, "lost");
      await house.change(({ stream }) => stream.beginEpoch());
      assert.deepEqual(await told(house), []);
      await say(house, roomId, ghost, "after");
      assert.deepEqual(await told(house), ["after"]);
    });

    onHouse(
      "typing and public receipts of its rooms are told to who receives them, under both names",
      async (house) => {
        const [own, other] = [await makeRoom(house, ghost), await makeRoom(house, alice)];
        await house.drain();
        const [eventId] = await say(house, own, ghost, "read me");
        const receipt = { roomId: own, eventId: eventId!, eventPosition: 1, receivedAt: noon };
        await house.change(async ({ typing, receipts }) => {
          await typing.put({ roomId: own, userId: ghost, endsAt: noon }, true);
          await typing.put({ roomId: other, userId: alice, endsAt: noon }, true);
          await receipts.put({ ...receipt, userId: alice, type: "m.read", threadId: undefined });
          await receipts.put({ ...receipt, userId: bob, type: "m.read", threadId: "main" });
          await receipts.put({ ...receipt, userId: carol, type: "m.read.private", threadId: undefined });
          await receipts.put({ ...receipt, roomId: other, userId: bob, type: "m.read", threadId: undefined });
        });
        const [body] = await house.drain();
        const read = { [alice]: { ts: noon }, [bob]: { ts: noon, thread_id: "main" } };
        const ephemeral = [
          { type: "m.typing", room_id: own, content: { user_ids: [ghost] } },
          { type: "m.receipt", room_id: own, content: { [eventId!]: { "m.read": read } } },
        ];
        assert.deepEqual(body.ephemeral, ephemeral);
        assert.deepEqual(body["de.sorunome.msc2409.ephemeral"], ephemeral);
        await house.change(({ typing }) => typing.remove(own, ghost));
        const [ceased] = await house.drain();
        assert.deepEqual(ceased.ephemeral, [{ type: "m.typing", room_id: own, content: { user_ids: [] } }]);
        assert.deepEqual(await house.drain(), []);
      },
      { receivesEphemeral: true },
    );

    onHouse("typing is not told to who does not receive it", async (house) => {
      const roomId = await makeRoom(house, ghost);
      await house.drain();
      await house.change(({ typing }) => typing.put({ roomId, userId: alice, endsAt: noon }, true));
      assert.deepEqual(await house.drain(), []);
    });
  });
}
