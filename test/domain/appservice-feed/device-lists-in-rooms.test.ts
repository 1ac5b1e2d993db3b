import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { withDatabase } from "../../stores/contract.ts";
import { engines } from "../../stores/engines.ts";
import { userNamed } from "../../stores/owners.ts";
import { FeedHouse } from "./feed-house.ts";
import { makeRoom, move } from "./feed-rooms.ts";

const [alice, bob, carol] = ["alice", "bob", "carol"].map(userNamed) as [UserId, UserId, UserId];
const [ghost, phantom] = ["bridge_ghost", "bridge_phantom"].map(userNamed) as [UserId, UserId];

/** What the transactions that are to be sent say of device lists, all of them together. */
async function heard(house: FeedHouse): Promise<{ changed: string[]; left: string[] }> {
  const lists = (await house.drain()).flatMap((body) => body.device_lists ?? []);
  const all = (kind: "changed" | "left") => lists.flatMap((list) => list[kind]).sort();
  return { changed: all("changed"), left: all("left") };
}

const nobody = { changed: [], left: [] };

for (const engine of engines) {
  describe(`device lists of rooms in transactions for appservices on ${engine.name}`, () => {
    const onHouse = (name: string, body: (house: FeedHouse) => Promise<void>) =>
      test(name, () =>
        withDatabase(engine, async (database) => {
          const house = new FeedHouse(database);
          assert.equal(await house.next(), undefined);
          await body(house);
        }),
      );
    const change = (house: FeedHouse, ...users: UserId[]) =>
      house.change(async ({ deviceLists }) => {
        for (const user of users) await deviceLists.recordChange(user, "public");
      });

    onHouse("S2, X6: who shares a room with one of its users is told when its devices change", async (house) => {
      const roomId = await makeRoom(house, alice);
      await move(house, roomId, "join", ghost);
      assert.deepEqual(await heard(house), { changed: [alice], left: [] });
      await change(house, alice, bob);
      assert.deepEqual(await heard(house), { changed: [alice], left: [] });
      await change(house, ghost);
      assert.deepEqual(await heard(house), { changed: [ghost], left: [] });
    });

    onHouse("S2: the first of its users in a room meets everybody there, a further one nobody", async (house) => {
      const roomId = await makeRoom(house, alice);
      await move(house, roomId, "join", bob);
      assert.deepEqual(await heard(house), nobody);
      await move(house, roomId, "join", ghost);
      assert.deepEqual(await heard(house), { changed: [alice, bob], left: [] });
      await move(house, roomId, "join", phantom);
      assert.deepEqual(await heard(house), nobody);
      await move(house, roomId, "join", carol);
      assert.deepEqual(await heard(house), { changed: [carol], left: [] });
    });

    onHouse("S2: who leaves is left, and so are all when the last of its users goes", async (house) => {
      const roomId = await makeRoom(house, alice);
      await move(house, roomId, "join", bob, carol, ghost, phantom);
      await heard(house);
      await move(house, roomId, "leave", carol);
      assert.deepEqual(await heard(house), { changed: [], left: [carol] });
      await move(house, roomId, "leave", ghost);
      assert.deepEqual(await heard(house), nobody);
      await move(house, roomId, "leave", phantom);
      assert.deepEqual(await heard(house), { changed: [], left: [alice, bob] });
      await change(house, alice);
      assert.deepEqual(await heard(house), nobody);
    });

    onHouse("S2: who is met in another room too is neither changed nor left anew", async (house) => {
      const [one, other] = [await makeRoom(house, alice), await makeRoom(house, alice)];
      await move(house, one, "join", ghost);
      assert.deepEqual(await heard(house), { changed: [alice], left: [] });
      await move(house, other, "join", phantom, bob);
      assert.deepEqual(await heard(house), { changed: [bob], left: [] });
      await move(house, one, "leave", ghost);
      assert.deepEqual(await heard(house), nobody);
      await move(house, other, "leave", bob, phantom);
      assert.deepEqual(await heard(house), { changed: [], left: [alice, bob] });
    });

    onHouse("who came and went again between two transactions was never there", async (house) => {
      const roomId = await makeRoom(house, alice);
      await move(house, roomId, "join", ghost);
      await heard(house);
      await move(house, roomId, "join", bob);
      await move(house, roomId, "leave", bob);
      assert.deepEqual(await heard(house), nobody);
      await move(house, roomId, "leave", alice);
      await move(house, roomId, "join", alice);
      assert.deepEqual(await heard(house), nobody);
    });

    onHouse("E5: in another history it hears of everybody anew", async (house) => {
      const roomId = await makeRoom(house, alice);
      await move(house, roomId, "join", bob, ghost);
      await heard(house);
      await house.change(({ stream }) => stream.beginEpoch());
      assert.deepEqual(await heard(house), { changed: [alice, bob], left: [] });
    });

    onHouse("of a great many all are told", async (house) => {
      const roomId = await makeRoom(house, alice);
      const users = Array.from({ length: 180 }, (_, index) => userNamed(`u${100 + index}`));
      await move(house, roomId, "join", ...users);
      await heard(house);
      await move(house, roomId, "join", ghost);
      assert.deepEqual(await heard(house), { changed: [alice, ...users], left: [] });
      await change(house, ...users);
      assert.deepEqual(await heard(house), { changed: users, left: [] });
      await move(house, roomId, "leave", ...users);
      assert.deepEqual(await heard(house), { changed: [], left: users });
    });
  });
}
