import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { ReadingAll } from "../../src/domain/kernel/unit-of-work.ts";
import type { RoomAlias } from "../../src/protocol/identifiers/room-alias.ts";
import { withDatabase } from "./contract.ts";
import { digestOf } from "./digests.ts";
import { engines } from "./engines.ts";
import { keyNamed, signed } from "./key-pool.ts";
import { alice, bob, east, eve, noon, phone } from "./owners.ts";
import { member, message as newMessage } from "./room-events.ts";
import { eventNamed, hall } from "./room-ids.ts";

const seen = { at: noon, ip: "::1" };
const message = { sender: bob, type: "m.room.encrypted", content: "{}" };
const budget = { remaining: 1, refilledAt: noon };
const token = { ...phone, digest: digestOf("token"), createdAt: noon, predecessor: undefined };
const proxyReport = {
  ...({ appserviceId: "bridge", kind: "query" } as const),
  counts: { answered: 1, failed: 2, shared: 3, spared: 4 },
  ...{ pausedUntil: noon, lastError: "status 500" },
};
const serverKey = { keyId: "ed25519:1", publicKey: "P", validUntil: noon, expiredAt: undefined };
const sentTransaction = { ...phone, transactionId: "1", roomId: hall, eventType: "a" };
const interactive = { sessionId: "S", method: "POST", path: "/", bodyDigest: digestOf("body"), userId: alice };

for (const engine of engines) {
  const keeps = !engine.cannot.includes("keep data after closing");

  describe(`closing ${engine.name}`, () => {
    test(keeps ? "every store has its data again" : "nothing is kept: the next start is the first one", () =>
      withDatabase(engine, async (database) => {
        const empty = await database.snapshots.read(readEverything);
        await database.unitOfWork.run("everything", writeEverything);
        const full = await database.snapshots.read(readEverything);
        for (const [store, found] of Object.entries(full))
          assert.notDeepEqual(found, empty[store as keyof Stores], store);
        const opened = await database.reopen();
        assert.deepEqual(await opened.snapshots.read(readEverything), keeps ? full : empty);
      }),
    );

    test(keeps ? "K5: issued keys are remembered, and positions go on rising" : "positions begin again", () =>
      withDatabase(engine, async (database) => {
        await database.unitOfWork.run("everything", async ({ oneTimeKeys, toDevice }) => {
          await oneTimeKeys.add(phone, [keyNamed("A")]);
          await oneTimeKeys.takeAll([{ target: phone, algorithm: signed }]);
          await toDevice.deliver(phone, message);
        });
        const before = await database.snapshots.read(({ stream }) => stream.findPosition());
        const opened = await database.reopen();
        const known = await opened.snapshots.read(({ oneTimeKeys }) =>
          oneTimeKeys.listKnownDigests(phone, [keyNamed("B", "public key of A")]),
        );
        assert.equal(known.size, keeps ? 1 : 0);
        await opened.unitOfWork.run("everything", ({ toDevice }) => toDevice.deliver(phone, message));
        const after = await opened.snapshots.read(({ stream }) => stream.findPosition());
        assert.equal(after > before, keeps);
      }),
    );
  });
}

/** Something in every store. */
async function writeEverything(stores: Stores): Promise<void> {
  await stores.accounts.add({ userId: alice, passwordHash: "hash", isAdmin: true, createdAt: noon });
  await stores.devices.add(phone, "Phone", seen);
  await stores.accessTokens.add({ ...token, expiresAt: undefined, refreshDigest: undefined });
  await stores.refreshTokens.add(token, noon);
  await stores.interactiveSessions.add({ ...interactive, completed: ["a"], createdAt: noon, consumed: false });
  await stores.loginThrottles.put("subject", { attempts: 1, leakedAt: noon });
  await stores.deviceKeys.put(phone, { ed25519: "E", curve25519: "C", json: "{}" }, "{}");
  await stores.oneTimeKeys.add(phone, [keyNamed("A")]);
  await stores.fallbackKeys.put(phone, keyNamed("F"));
  await stores.claimBudgets.putBudget(phone, bob, budget);
  await stores.crossSigningKeys.put(alice, { usage: "master", publicKey: "M", json: "{}" }, "{}");
  await stores.keySignatures.put({ userId: alice, key: "M" }, { signer: bob, keyId: "ed25519:B", signature: "s" });
  await stores.audience.introduce(alice, bob);
  await stores.deviceLists.recordChange(alice, "public");
  await stores.toDevice.deliver(phone, message);
  await stores.accountData.put(alice, { type: "a", content: "{}" });
  await stores.filters.put(alice, "1", "{}");
  await stores.roomAliases.add({ alias: "#hall:example.org" as RoomAlias, roomId: hall, creator: alice }, noon);
  await stores.departures.add(alice);
  await stores.profiles.putField(alice, "displayname", '"Alice"');
  await stores.roomAccountData.put(alice, { roomId: hall, type: "a", content: "{}" });
  const receipt = { roomId: hall, userId: alice, type: "m.read" as const, threadId: undefined };
  await stores.rooms.add(hall, "12");
  await stores.roomState.addSnapshot(hall, { id: 1, parentId: undefined, height: 1 }, []);
  await stores.events.append(...member("e", alice, undefined, "join", hall));
  const relation = { parentId: eventNamed("e"), relType: "m.reference" };
  const sent = { transaction: sentTransaction, at: noon };
  await stores.events.append(newMessage("reference", { roomId: hall, relation, sent }), undefined);
  await stores.receipts.put({ ...receipt, eventId: eventNamed("e"), eventPosition: 1, receivedAt: noon });
  await stores.typing.put({ roomId: hall, userId: alice, endsAt: noon }, true);
  await stores.keyBackups.addBackup(alice, { version: 1, algorithm: "A", authData: "{}", etag: "E" });
  await stores.leases.take("work", "holder", 1000);
  await stores.appserviceFeeds.begin("bridge", { deviceListPosition: 1, eventPosition: 1, ephemeralPosition: 1 }, 1);
  await stores.appserviceMembers.begin("bridge", { userId: alice, roomId: hall });
  await stores.appserviceQueue.noteCounts("bridge", [phone], noon);
  await stores.proxyReports.put("process", proxyReport, noon);
  await stores.ownKeys.add({ ...serverKey, madeAt: noon });
  await stores.serverKeys.putKeys(east, [{ ...serverKey, fetchedAt: noon }]);
  await stores.openidTokens.add(digestOf("openid"), alice, noon);
  await stores.listeningServers.put(alice, east, noon);
  await stores.destinations.addTransaction(east, { id: "T", body: "{}", madeAt: noon });
  await stores.federationQueue.addMessage(east, "{}", noon);
  await stores.receivedTransactions.putDone(east, "T", 1, noon);
  await stores.remoteDeviceLists.replaceKeys(eve, {
    devices: [{ deviceId: phone.deviceId, ed25519: "E", rendered: "{}" }],
    crossSigningKeys: [{ usage: "master", publicKey: "M", rendered: "{}" }],
  });
}

/** One reading of each store, by its name. */
async function readEverything(stores: ReadingAll<Stores>): Promise<Record<keyof Stores, unknown>> {
  return {
    accessTokens: await stores.accessTokens.findByDigest(token.digest),
    accountData: await stores.accountData.listChanged(alice, 0),
    accounts: await stores.accounts.hasAccount(alice),
    appserviceFeeds: await stores.appserviceFeeds.findFeed("bridge"),
    appserviceMembers: await stores.appserviceMembers.listRooms("bridge", [hall]),
    appserviceQueue: await stores.appserviceQueue.findOldest("bridge"),
    audience: await stores.audience.listAudience(alice),
    claimBudgets: await stores.claimBudgets.findBudget(phone, bob),
    credentials: await stores.credentials.findPasswordHash(alice),
    crossSigningKeys: await stores.crossSigningKeys.listKeys(alice),
    departures: await stores.departures.listDepartures(10),
    destinations: await stores.destinations.findTransaction(east),
    deviceKeys: await stores.deviceKeys.findDeviceKeys(phone),
    deviceLists: await stores.deviceLists.listChanges(alice, 0),
    devices: await stores.devices.listDevices(alice),
    eventTimes: await stores.eventTimes.listNearest(hall, noon, "forward", 1),
    events: await stores.events.findEvent(eventNamed("e")),
    fallbackKeys: await stores.fallbackKeys.findKey(phone, signed),
    federationQueue: await stores.federationQueue.listMessages(east, 10),
    filters: await stores.filters.findDefinition(alice, "1"),
    interactiveSessions: await stores.interactiveSessions.findSession("S"),
    keyBackups: await stores.keyBackups.findNewest(alice),
    keySignatures: await stores.keySignatures.listSignatures({ userId: alice, key: "M" }),
    knownDevices: await stores.knownDevices.findDisplayName(phone),
    leases: await stores.leases.hasToken("work", 1),
    listeningServers: await stores.listeningServers.findHeardAt(alice, east),
    loginThrottles: await stores.loginThrottles.findThrottle("subject"),
    profiles: await stores.profiles.listFields(alice),
    proxyReports: await stores.proxyReports.listReports(),
    memberships: await stores.memberships.findMember(alice, hall),
    oneTimeKeys: await stores.oneTimeKeys.listPoolKeys(phone, [keyNamed("A").keyId]),
    openidTokens: await stores.openidTokens.findUser(digestOf("openid"), noon - 1),
    ownKeys: await stores.ownKeys.listOwnKeys(),
    receipts: await stores.receipts.listOwn(hall, alice),
    receivedTransactions: await stores.receivedTransactions.findDone(east, "T"),
    refreshTokens: await stores.refreshTokens.findByDigest(token.digest),
    relations: await stores.relations.listRelatedIds({ roomId: hall, eventIds: [eventNamed("e")] }, {}, 10),
    remoteDeviceLists: await stores.remoteDeviceLists.listKeys([eve]),
    roomAccountData: await stores.roomAccountData.listChanged(alice, 0),
    roomState: await stores.roomState.findSnapshot(hall, 1),
    roomAliases: await stores.roomAliases.listAliases(hall),
    rooms: await stores.rooms.findRoom(hall),
    roomSync: await stores.roomSync.listJoinedRooms(alice),
    sentEvents: await stores.sentEvents.findSent(sentTransaction),
    serverKeys: await stores.serverKeys.listKeys(east),
    stays: await stores.stays.findLastStay(alice, hall),
    stream: await stores.stream.findPosition(),
    toDevice: await stores.toDevice.listAfter(phone, 0, 10),
    typing: await stores.typing.findTyping(hall, alice),
  };
}
