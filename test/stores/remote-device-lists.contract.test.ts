import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type {
  RemoteCrossSigningKey,
  RemoteDeviceKeys,
  RemoteDeviceList,
  RemoteUserKeys,
} from "../../src/domain/remote-device-lists/remote-device-list-store.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { east, eve, mallory, noon, wendy, west } from "./owners.ts";

contract("remoteDeviceLists", {
  "Q4: what is known of a list is put and put anew": async (database) => {
    assert.equal(await find(database, eve), undefined);
    const unfetched = listOf(eve, { nextResyncAt: noon });
    const fresh = listOf(eve, { streamId: 2 ** 50, isFresh: true, followedUntil: noon + 1, attempts: 2 });
    for (const list of [unfetched, fresh, unfetched]) {
      await change(database, (lists) => lists.put(list));
      assert.deepEqual(await find(database, eve), list);
    }
    await change(database, (lists) => lists.put(listOf(wendy, { attempts: 1 })));
    assert.deepEqual(byUser(await list(database, eve, wendy, mallory)), [unfetched, listOf(wendy, { attempts: 1 })]);
    assert.deepEqual(await list(database), []);
  },

  "those that are due are listed, the most overdue first, no more than the limit": async (database) => {
    await putLists(database, [eve, noon + 1], [mallory, noon], [wendy, noon - 1], ["@last:east.test", undefined]);
    const due = (now: number, limit = 10, except: (typeof east)[] = []) =>
      database.snapshots.read(async ({ remoteDeviceLists }) =>
        (await remoteDeviceLists.listDue(now, limit, except)).map(({ userId }) => userId),
      );
    assert.deepEqual(await due(noon), [wendy, mallory]);
    assert.deepEqual(await due(noon + 1), [wendy, mallory, eve]);
    assert.deepEqual(await due(noon + 1, 1), [wendy]);
    assert.deepEqual(await due(noon - 2), []);
    assert.deepEqual(await due(noon + 1, 10, [west]), [mallory, eve]);
    assert.deepEqual(await due(noon + 1, 10, [west, east]), []);
  },

  "the next one to be fetched is known": async (database) => {
    assert.equal(await next(database), undefined);
    await putLists(database, ["@last:east.test", undefined]);
    assert.equal(await next(database), undefined);
    await putLists(database, [eve, noon + 1], [wendy, noon]);
    assert.equal(await next(database), noon);
  },

  "lists of a server that were asked for in vain are hastened, and no others": async (database) => {
    await change(database, async (lists) => {
      await lists.put(listOf(eve, { attempts: 1, nextResyncAt: noon + 5 }));
      await lists.put(listOf(mallory, { isFresh: true, nextResyncAt: noon + 5 }));
      await lists.put(listOf(wendy, { attempts: 1, nextResyncAt: noon + 5 }));
      await lists.put(listOf("@due:east.test", { attempts: 1, nextResyncAt: noon - 5 }));
      await lists.put(listOf("@gone:east.test", { attempts: 1 }));
    });
    assert.equal(await change(database, (lists) => lists.hasten(east, noon)), 1);
    assert.equal(await change(database, (lists) => lists.hasten(east, noon)), 0);
    const times = async (user: UserId | string) => (await find(database, user as UserId))?.nextResyncAt;
    assert.deepEqual(
      [await times(eve), await times(mallory), await times(wendy), await times("@due:east.test")],
      [noon, noon + 5, noon + 5, noon - 5],
    );
    assert.equal(await times("@gone:east.test"), undefined);
    assert.equal(await change(database, (lists) => lists.hasten(west, noon)), 1);
  },

  "E5: all lists that were fresh are to be fetched at once, and the others stay as they are": async (database) => {
    const failing = listOf(mallory, { streamId: 3, attempts: 2, nextResyncAt: noon });
    await change(database, async (lists) => {
      await lists.put(listOf(eve, { streamId: 7, isFresh: true, followedUntil: noon, nextResyncAt: noon }));
      await lists.put(listOf(wendy, { streamId: 8, isFresh: true }));
      await lists.put(failing);
      await lists.markAllStale();
    });
    assert.deepEqual(byUser(await list(database, eve, mallory, wendy)), [
      listOf(eve, { streamId: 7, nextResyncAt: 0 }),
      failing,
      listOf(wendy, { streamId: 8, nextResyncAt: 0 }),
    ]);
  },

  "lists of a server are counted, up to a number": async (database) => {
    await putLists(database, [eve, noon], [mallory, undefined], [wendy, noon], ["@user:east.test:8448", noon]);
    const counted = (server: typeof east, most: number) => change(database, (lists) => lists.countLists(server, most));
    assert.deepEqual([await counted(east, 10), await counted(east, 2), await counted(east, 1)], [2, 2, 1]);
    assert.equal(await counted(west, 10), 1);
    assert.equal(await counted("third.test" as typeof east, 10), 0);
  },

  "when a list was needed is noted for those that are kept, and no put changes it": async (database) => {
    await putLists(database, [eve, noon], [mallory, noon]);
    await change(database, (lists) => lists.markUsed([mallory, wendy, eve], noon + 7));
    await change(database, (lists) => lists.markUsed([], noon + 8));
    await change(database, (lists) => lists.put(listOf(eve, { attempts: 3 })));
    assert.deepEqual(byUser(await list(database, eve, mallory, wendy)), [
      listOf(eve, { attempts: 3, usedAt: noon + 7 }),
      listOf(mallory, { nextResyncAt: noon, usedAt: noon + 7 }),
    ]);
  },

  "those that nobody has needed since a time are listed, and removed with their keys": async (database) => {
    await change(database, async (lists) => {
      await lists.put(listOf(eve, { usedAt: noon - 1 }));
      await lists.put(listOf(mallory, { usedAt: noon - 2 }));
      await lists.put(listOf(wendy, { usedAt: noon }));
    });
    for (const user of [eve, mallory, wendy]) await replace(database, user, keys(["A"], ["master"]));
    const unused = (before: number, limit = 10) => change(database, (lists) => lists.listUnused(before, limit));
    assert.deepEqual(await unused(noon), [mallory, eve]);
    assert.deepEqual(await unused(noon, 1), [mallory]);
    assert.deepEqual(await unused(noon - 2), []);
    await change(database, (lists) => lists.remove([]));
    await change(database, (lists) => lists.remove([mallory, eve, "@nobody:east.test" as UserId]));
    assert.deepEqual(await list(database, eve, mallory, wendy), [listOf(wendy, {})]);
    assert.deepEqual([...(await listKeys(database, eve, mallory, wendy)).keys()], [wendy]);
  },

  "a server with a port is another server": async (database) => {
    const user = "@user:east.test:8448";
    await change(database, (lists) => lists.put(listOf(user, { attempts: 1, nextResyncAt: noon + 5 })));
    assert.equal(await change(database, (lists) => lists.hasten(east, noon)), 0);
    assert.equal(await change(database, (lists) => lists.hasten("east.test:8448" as typeof east, noon)), 1);
  },

  "Q4: keys replace all keys of the user, and are listed in order": async (database) => {
    await replace(database, eve, keys(["B", "A"], ["self_signing", "master"]));
    await replace(database, wendy, keys(["A"], []));
    await replace(database, mallory, keys([], ["master"]));
    const listed = await listKeys(database, eve, wendy, mallory, "@nobody:east.test");
    assert.deepEqual([...listed.keys()].sort(), [eve, mallory, wendy]);
    assert.deepEqual(listed.get(eve), keys(["A", "B"], ["master", "self_signing"]));
    assert.deepEqual(listed.get(wendy), keys(["A"], []));
    assert.deepEqual(listed.get(mallory), keys([], ["master"]));
    await replace(database, eve, keys(["C"], []));
    assert.deepEqual((await listKeys(database, eve)).get(eve), keys(["C"], []));
    await replace(database, eve, keys([], []));
    assert.deepEqual([...(await listKeys(database, eve, wendy)).keys()], [wendy]);
    assert.equal((await listKeys(database)).size, 0);
  },

  "who is asked for twice is listed once": async (database) => {
    await change(database, (lists) => lists.put(listOf(eve, {})));
    await replace(database, eve, keys(["A"], ["master"]));
    assert.equal((await list(database, eve, eve)).length, 1);
    assert.deepEqual((await listKeys(database, eve, eve)).get(eve), keys(["A"], ["master"]));
  },

  "more devices than one statement holds are replaced whole": async (database) => {
    const ids = Array.from({ length: 1000 }, (_, index) => `D${String(index).padStart(4, "0")}`);
    await replace(database, eve, keys(["old"], ["master"]));
    await replace(database, eve, keys(ids, ["master"]));
    assert.deepEqual((await listKeys(database, eve)).get(eve), keys(ids, ["master"]));
  },

  "a device is put, found and removed alone": async (database) => {
    await replace(database, eve, keys(["A", "B"], ["master"]));
    const changed = { ...device("A"), ed25519: undefined, rendered: '{"changed":1}' };
    await change(database, (lists) => lists.putDevice(eve, changed));
    await change(database, (lists) => lists.putDevice(eve, device("C")));
    assert.deepEqual(await findDevice(database, eve, "A"), changed);
    assert.equal(await findDevice(database, wendy, "A"), undefined);
    await change(database, (lists) => lists.removeDevice(eve, "B" as DeviceId));
    await change(database, (lists) => lists.removeDevice(eve, "unknown" as DeviceId));
    assert.deepEqual([await count(database, eve), await count(database, wendy)], [2, 0]);
    const { devices, crossSigningKeys } = (await listKeys(database, eve)).get(eve)!;
    assert.deepEqual(devices, [changed, device("C")]);
    assert.deepEqual(crossSigningKeys, [crossSigningKey("master")]);
  },

  "a cross-signing key takes the place of the one of its usage": async (database) => {
    await replace(database, eve, keys(["A"], ["master"]));
    const changed = { ...crossSigningKey("master"), publicKey: "another", rendered: '{"changed":1}' };
    await change(database, (lists) => lists.putCrossSigningKey(eve, changed));
    await change(database, (lists) => lists.putCrossSigningKey(eve, crossSigningKey("self_signing")));
    const { devices, crossSigningKeys } = (await listKeys(database, eve)).get(eve)!;
    assert.deepEqual(devices, [device("A")]);
    assert.deepEqual(crossSigningKeys, [changed, crossSigningKey("self_signing")]);
  },

  "users and devices may be any text": async (database) => {
    const users = oddTexts.map((text, index) => `@${index}${text.slice(0, 200)}:east.test` as UserId);
    for (const [index, user] of users.entries()) {
      await change(database, (lists) => lists.put(listOf(user, { attempts: index })));
      await replace(database, user, keys([oddTexts[index]!], []));
    }
    await replace(database, eve, keys(oddTexts, []));
    const listed = await listKeys(database, ...users);
    for (const [index, user] of users.entries()) {
      assert.equal((await find(database, user))?.userId, user);
      assert.deepEqual(listed.get(user), keys([oddTexts[index]!], []));
      assert.ok((await findDevice(database, eve, oddTexts[index]!)) !== undefined);
    }
    assert.equal((await keysOf(database, eve)).length, oddTexts.length);
  },

  "a unit that fails changes nothing": async (database) => {
    await change(database, (lists) => lists.put(listOf(eve, { attempts: 1, nextResyncAt: noon + 5 })));
    await replace(database, eve, keys(["A"], ["master"]));
    await runAndFail(database.unitOfWork, async ({ remoteDeviceLists }) => {
      await remoteDeviceLists.hasten(east, noon);
      await remoteDeviceLists.put(listOf(wendy, {}));
      await remoteDeviceLists.replaceKeys(eve, keys(["B"], []));
      await remoteDeviceLists.putDevice(eve, device("C"));
      await remoteDeviceLists.putCrossSigningKey(eve, crossSigningKey("self_signing"));
      await remoteDeviceLists.removeDevice(eve, "B" as DeviceId);
      await remoteDeviceLists.markUsed([eve], noon + 9);
      await remoteDeviceLists.remove([eve]);
    });
    assert.equal((await find(database, eve))?.nextResyncAt, noon + 5);
    assert.equal((await find(database, eve))?.usedAt, noon);
    assert.equal(await find(database, wendy), undefined);
    assert.deepEqual((await listKeys(database, eve)).get(eve), keys(["A"], ["master"]));
  },
});

function listOf(userId: string, known: Partial<RemoteDeviceList>): RemoteDeviceList {
  return {
    ...{ userId: userId as UserId, streamId: undefined, isFresh: false, followedUntil: undefined },
    ...{ attempts: 0, nextResyncAt: undefined, usedAt: noon },
    ...known,
  };
}

function device(deviceId: string): RemoteDeviceKeys {
  return { deviceId: deviceId as DeviceId, ed25519: `key of ${deviceId}`, rendered: JSON.stringify({ deviceId }) };
}

function crossSigningKey(usage: RemoteCrossSigningKey["usage"]): RemoteCrossSigningKey {
  return { usage, publicKey: `${usage} key`, rendered: JSON.stringify({ usage }) };
}

function keys(deviceIds: readonly string[], usages: readonly RemoteCrossSigningKey["usage"][]): RemoteUserKeys {
  return { devices: deviceIds.map(device), crossSigningKeys: usages.map(crossSigningKey) };
}

function change<T>({ unitOfWork }: TestDatabase, work: (lists: Stores["remoteDeviceLists"]) => Promise<T>): Promise<T> {
  return unitOfWork.run("everything", ({ remoteDeviceLists }) => work(remoteDeviceLists));
}

function putLists(database: TestDatabase, ...due: [userId: string, nextResyncAt: number | undefined][]): Promise<void> {
  return change(database, async (lists) => {
    for (const [userId, nextResyncAt] of due) await lists.put(listOf(userId, { nextResyncAt }));
  });
}

function replace(database: TestDatabase, userId: UserId, all: RemoteUserKeys): Promise<void> {
  return change(database, (lists) => lists.replaceKeys(userId, all));
}

function find({ snapshots }: TestDatabase, userId: UserId) {
  return snapshots.read(({ remoteDeviceLists }) => remoteDeviceLists.findList(userId));
}

function list({ snapshots }: TestDatabase, ...userIds: UserId[]) {
  return snapshots.read(({ remoteDeviceLists }) => remoteDeviceLists.listLists(userIds));
}

function next({ snapshots }: TestDatabase) {
  return snapshots.read(({ remoteDeviceLists }) => remoteDeviceLists.findNextResync());
}

function listKeys({ snapshots }: TestDatabase, ...userIds: string[]) {
  return snapshots.read(({ remoteDeviceLists }) => remoteDeviceLists.listKeys(userIds as UserId[]));
}

async function keysOf(database: TestDatabase, userId: UserId): Promise<DeviceId[]> {
  return ((await listKeys(database, userId)).get(userId)?.devices ?? []).map(({ deviceId }) => deviceId);
}

function findDevice({ snapshots }: TestDatabase, userId: UserId, deviceId: string) {
  return snapshots.read(({ remoteDeviceLists }) => remoteDeviceLists.findDevice(userId, deviceId as DeviceId));
}

function count({ snapshots }: TestDatabase, userId: UserId): Promise<number> {
  return snapshots.read(({ remoteDeviceLists }) => remoteDeviceLists.countDevices(userId));
}

function byUser(lists: readonly RemoteDeviceList[]): RemoteDeviceList[] {
  return lists.toSorted((one, other) => (one.userId < other.userId ? -1 : 1));
}
