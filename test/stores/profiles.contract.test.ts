import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { ProfileStore } from "../../src/domain/profiles/profile-store.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, userNamed } from "./owners.ts";
import { append, member, otherRoom, read, room } from "./room-events.ts";
import { roomNamed } from "./room-ids.ts";

contract("profiles", {
  "fields are found and listed by name, each with its text to the letter": async (database) => {
    await write(database, (profiles) => profiles.putField(alice, "m.tz", '"Europe/Berlin"'));
    await write(database, (profiles) => profiles.putField(alice, "displayname", '"\\u00c1lice"'));
    await write(database, (profiles) => profiles.putField(bob, "displayname", '"Bob"'));
    assert.deepEqual(await fields(database, alice), { displayname: '"\\u00c1lice"', "m.tz": '"Europe/Berlin"' });
    assert.equal(await find(database, alice, "displayname"), '"\\u00c1lice"');
    assert.equal(await find(database, alice, "avatar_url"), undefined);
    assert.deepEqual(await fields(database, userNamed("unknown")), {});
  },

  "a field that is put again has the new value": async (database) => {
    await write(database, (profiles) => profiles.putField(alice, "displayname", '"A"'));
    await write(database, (profiles) => profiles.putField(alice, "displayname", '"B"'));
    assert.deepEqual(await fields(database, alice), { displayname: '"B"' });
  },

  "a field is removed alone, or all of a user with what is noted": async (database) => {
    await append(database, member("1", alice, undefined, "join"), member("2", bob, undefined, "join"));
    for (const user of [alice, bob]) {
      await write(database, (profiles) => profiles.putField(user, "displayname", '"A"'));
      await write(database, (profiles) => profiles.putField(user, "avatar_url", '"mxc://a/b"'));
      await write(database, (profiles) => profiles.noteChanges(user));
    }
    await write(database, (profiles) => profiles.removeField(alice, "displayname"));
    await write(database, (profiles) => profiles.removeField(alice, "unknown"));
    assert.deepEqual(await fields(database, alice), { avatar_url: '"mxc://a/b"' });
    await write(database, (profiles) => profiles.removeAll(alice));
    assert.deepEqual([await fields(database, alice), await changes(database, alice)], [{}, []]);
    assert.deepEqual(Object.keys(await fields(database, bob)), ["avatar_url", "displayname"]);
    assert.equal((await changes(database, bob)).length, 1);
  },

  "the rooms that a user is joined to are noted, once": async (database) => {
    const left = roomNamed("left");
    await append(
      database,
      member("1", alice, undefined, "join"),
      member("2", alice, undefined, "join", otherRoom),
      member("3", alice, undefined, "join", left),
      member("4", alice, "join", "leave", left),
      member("5", alice, undefined, "invite", roomNamed("invited")),
      member("6", bob, undefined, "join", roomNamed("of bob")),
    );
    await write(database, (profiles) => profiles.noteChanges(alice));
    await write(database, (profiles) => profiles.noteChanges(alice));
    assert.deepEqual(await changes(database, alice), [otherRoom, room].sort());
    await write(database, (profiles) => profiles.removeChange({ userId: alice, roomId: room }));
    assert.deepEqual(await changes(database, alice), [otherRoom]);
    const has = (roomId: typeof room) =>
      read(database, ({ profiles }) => profiles.hasChange({ userId: alice, roomId }));
    assert.deepEqual([await has(room), await has(otherRoom)], [false, true]);
    await write(database, (profiles) => profiles.noteChanges(alice));
    assert.deepEqual(await changes(database, alice), [otherRoom, room].sort());
  },

  "changes are listed of one user or of all, so many at once": async (database) => {
    for (const [index, user] of [alice, bob].entries()) {
      for (const roomId of [room, otherRoom]) {
        await append(database, member(`${index} ${roomId}`, user, undefined, "join", roomId));
      }
      await write(database, (profiles) => profiles.noteChanges(user));
    }
    const list = (user: UserId | "everybody", limit: number) =>
      read(database, ({ profiles }) => profiles.listChanges(user, limit));
    assert.equal((await list("everybody", 100)).length, 4);
    assert.equal((await list("everybody", 3)).length, 3);
    assert.deepEqual(await list(bob, 1), [{ userId: bob, roomId: [otherRoom, room].sort()[0] }]);
  },

  "a unit that fails changes nothing": async (database) => {
    await append(database, member("1", alice, undefined, "join"));
    await write(database, (profiles) => profiles.putField(alice, "displayname", '"A"'));
    await runAndFail(database.unitOfWork, async ({ profiles }) => {
      await profiles.putField(alice, "displayname", '"B"');
      await profiles.noteChanges(alice);
    });
    await runAndFail(database.unitOfWork, ({ profiles }) => profiles.removeAll(alice));
    assert.deepEqual([await fields(database, alice), await changes(database, alice)], [{ displayname: '"A"' }, []]);
  },

  "users and values may be any text": async (database) => {
    for (const text of oddTexts) {
      await write(database, (profiles) => profiles.putField(userNamed(text), text, JSON.stringify(text)));
    }
    for (const text of oddTexts) {
      assert.deepEqual(await fields(database, userNamed(text)), Object.fromEntries([[text, JSON.stringify(text)]]));
    }
  },
});

function write({ unitOfWork }: TestDatabase, work: (profiles: ProfileStore) => Promise<void>): Promise<void> {
  return unitOfWork.run("everything", ({ profiles }: Stores) => work(profiles));
}

async function fields(database: TestDatabase, user: UserId): Promise<Record<string, string>> {
  const found = await read(database, ({ profiles }) => profiles.listFields(user));
  return Object.fromEntries(found.map(({ field, value }) => [field, value]));
}

function find(database: TestDatabase, user: UserId, field: string): Promise<string | undefined> {
  return read(database, ({ profiles }) => profiles.findField(user, field));
}

async function changes(database: TestDatabase, user: UserId): Promise<string[]> {
  const found = await read(database, ({ profiles }) => profiles.listChanges(user, 100));
  return found.map(({ roomId }) => roomId);
}
