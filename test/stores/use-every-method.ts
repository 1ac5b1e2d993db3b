import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { RoomAlias } from "../../src/protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import { digestOf } from "./digests.ts";
import { keyNamed, signed } from "./key-pool.ts";
import { alice, bob, east, eve, mallory, noon, phone, west } from "./owners.ts";
import { member, message } from "./room-events.ts";
import { eventNamed, hall, roomNamed } from "./room-ids.ts";

const token = { ...phone, digest: digestOf("token"), createdAt: noon, predecessor: undefined };
const signature = { signer: bob, keyId: "ed25519:B", signature: "s" };
const masterKey = { userId: alice, key: "M" };

/** Calls every method of every store. */
export async function useEveryMethod(stores: Stores): Promise<void> {
  await useTokens(stores);
  await useAccounts(stores);
  await useKeys(stores);
  await useKeyBackups(stores);
  await useStream(stores);
  await useAppservices(stores);
  await useFederation(stores);
  await useDestinations(stores);
  await useRemoteDeviceLists(stores);
  await useRoomSides(stores);
  await useProfiles(stores);
  await useRooms(stores);
  await useRoomSync(stores);
  await useRoomAliases(stores);
  await useEvents(stores);
  await useRelations(stores);
}

async function useRoomAliases({ departures, roomAliases }: Stores): Promise<void> {
  const alias = "#hall:example.org" as RoomAlias;
  await roomAliases.add({ alias, roomId: hall, creator: alice }, noon);
  await roomAliases.findAlias(alias);
  await roomAliases.listAliases(hall);
  await roomAliases.countAliases(hall);
  await roomAliases.remove(alias);
  await departures.add(alice);
  await departures.listDepartures(100);
  await departures.remove(alice);
}

async function useRelations({ eventTimes, relations, stays }: Stores): Promise<void> {
  const place = { depth: 1, position: 1 };
  const parents = { roomId: hall, eventIds: [eventNamed("e")] };
  const reader = { userId: alice, ignored: [bob], upTo: place };
  for (const each of [reader, { ...reader, ignored: [] }, { ...reader, upTo: undefined }]) {
    await relations.listEdits(parents, each);
    await relations.listThreads(parents, each, 100);
    await relations.listReferences(parents, each, 100);
  }
  for (const direction of ["backward", "forward"] as const) {
    const range = { direction, from: place, to: place };
    await relations.listRelated(parents, { relType: "m.thread", type: "m.room.message" }, range, 100);
    await relations.listRelated(parents, {}, range, 100);
    await eventTimes.listNearest(hall, noon, direction, 1);
  }
  await relations.listRelatedIds(parents, { relType: "m.thread", type: "m.room.message" }, 100);
  await relations.listRelatedIds(parents, {}, 100);
  const annotation = { roomId: hall, eventId: eventNamed("e"), sender: alice, type: "m.reaction", key: "k" };
  await relations.hasAnnotation(annotation);
  await relations.listNewestThreads(hall, place, 100);
  await relations.listThreaded(hall, place, place, 100);
  await relations.listParents(parents);
  await relations.listRelating(parents);
  await relations.listRelatedBy(parents, { senders: [alice], relTypes: ["m.thread"] }, place);
  await relations.listRelatedBy(parents, { senders: [alice], relTypes: undefined }, place);
  await relations.listRelatedBy(parents, { senders: undefined, relTypes: ["m.thread"] }, place);
  await relations.listRedacted([eventNamed("e")]);
  await stays.findLastStay(alice, hall);
}

async function useRooms({ memberships, roomState, rooms, sentEvents, stays }: Stores): Promise<void> {
  await rooms.add(hall, "12");
  await rooms.findRoom(hall);
  await rooms.listForwardExtremities(hall);
  await roomState.addSnapshot(hall, { id: 2, parentId: 1, height: 2 }, [
    { type: "a", stateKey: "", eventId: eventNamed("e") },
  ]);
  await roomState.findSnapshot(hall, 2);
  await roomState.findAncestor(hall, 2, 1);
  await roomState.listChanges(hall, 2, 1);
  await roomState.listAt(hall, 2, [["a", ""]]);
  // Where there are other rooms than those of this file, it is one that has changed since.
  const changed = { roomId: roomNamed("room1"), position: 0, stateAfter: 2 };
  await roomState.listPageAfter(changed, { from: ["a", ""], until: "z" }, 10);
  await roomState.listCurrent(hall, [["a", ""]]);
  await memberships.findMember(alice, hall);
  await memberships.listRooms(alice);
  await memberships.listMembers(hall, "join", alice, 100);
  await memberships.hasSharedRoom(alice, bob);
  await memberships.forget(alice, hall);
  await stays.findLastStay(alice, hall);
  const transaction = { ...phone, transactionId: "1", roomId: hall, eventType: "a" };
  await sentEvents.findSent(transaction);
  await sentEvents.listTransactionIds(phone, [eventNamed("e")]);
  await sentEvents.removeAll(phone);
  await sentEvents.forgetBefore(noon, 100);
}

async function useRoomSync({ roomSync }: Stores): Promise<void> {
  await roomSync.listJoinedRooms(alice);
  await roomSync.listChangedRooms(alice, { since: 0, leftSince: 0 }, undefined);
  await roomSync.listOldestMembers(hall, true, 100);
  await roomSync.listOldestMembers(hall, false, 100);
  await roomSync.listNewestReceipts(hall, alice, 0, 100);
}

async function useEvents({ events }: Stores): Promise<void> {
  const range = { since: 0, upTo: 10 };
  const place = { depth: 1, position: 1 };
  const relation = { parentId: eventNamed("parent"), relType: "m.thread" };
  const transaction = { ...phone, transactionId: "1", roomId: hall, eventType: "a" };
  await events.append(message("e", { roomId: hall, relation, sent: { transaction, at: noon } }), undefined);
  await events.append(...member("join", alice, undefined, "join", hall));
  await events.append(...member("leave", bob, "join", "leave", hall));
  await events.findEvent(eventNamed("e"));
  await events.findEnvelope(eventNamed("e"));
  await events.hasThread(hall, eventNamed("e"));
  await events.listEnvelopes([eventNamed("e")]);
  await events.listEvents([eventNamed("e")]);
  await events.listNewest(hall, range, 10);
  await events.listPage(hall, place, "backward", 10);
  await events.listPage(hall, place, "forward", 10);
  await events.findPlaceAt(hall, 10);
  await events.listStateEvents(hall, range, 10);
  await events.listArrived(0, 10, 100);
  await events.redact({ eventId: eventNamed("e"), redactedBy: eventNamed("r"), content: "{}", envelope: "{}" });
}

async function useProfiles({ profiles }: Stores): Promise<void> {
  await profiles.listFields(alice);
  await profiles.findField(alice, "displayname");
  await profiles.putField(alice, "displayname", '"Alice"');
  await profiles.noteChanges(alice);
  await profiles.listChanges(alice, 100);
  await profiles.listChanges("everybody", 100);
  await profiles.hasChange({ userId: alice, roomId: hall });
  await profiles.removeChange({ userId: alice, roomId: hall });
  await profiles.removeField(alice, "displayname");
  await profiles.removeAll(alice);
}

/** What is said beside the events of a room. */
async function useRoomSides({ receipts, roomAccountData, typing }: Stores): Promise<void> {
  await receipts.findReceipt(hall, alice, "m.read", undefined);
  await receipts.listOwn(hall, alice);
  await receipts.listChanged(hall, alice, 0);
  await receipts.listPublicBetween(0, 10, 100);
  const receipt = { roomId: hall, userId: alice, type: "m.read" as const, threadId: undefined };
  await receipts.put({ ...receipt, eventId: eventNamed("e"), eventPosition: 1, receivedAt: noon });
  await roomAccountData.findContent(alice, hall, "a");
  await roomAccountData.listChanged(alice, 0);
  await roomAccountData.listOfRoom(alice, hall);
  await roomAccountData.countTypes(alice);
  await roomAccountData.countBytesBeside(alice, hall, "a");
  await roomAccountData.put(alice, { roomId: hall, type: "a", content: "{}" });
  await roomAccountData.removeAll(alice);
  await typing.findTyping(hall, alice);
  await typing.listTyping(hall);
  await typing.listChangedRooms([hall], 0);
  await typing.listChangedBetween(0, 10);
  await typing.listEnded(noon, 100);
  await typing.findFirstEnd();
  await typing.put({ roomId: hall, userId: alice, endsAt: noon }, true);
  await typing.remove(hall, alice);
}

async function useTokens({ accessTokens, refreshTokens }: Stores): Promise<void> {
  await accessTokens.findByDigest(token.digest);
  await accessTokens.findRefreshDigest(token.digest);
  await accessTokens.add({ ...token, expiresAt: undefined, refreshDigest: undefined });
  await accessTokens.removeIssuedWith(phone, [token.digest, digestOf("2")]);
  await accessTokens.forgetPredecessor(phone, token.digest);
  await accessTokens.removeOfDevice(phone);
  await refreshTokens.findByDigest(token.digest);
  await refreshTokens.listSuccessors(phone, token.digest);
  await refreshTokens.add(token, noon);
  await refreshTokens.remove(phone, [token.digest, digestOf("2")]);
  await refreshTokens.forgetPredecessor(token.digest);
  await refreshTokens.removeOfDevice(phone);
}

async function useAccounts(stores: Stores): Promise<void> {
  const { accounts, credentials, devices, filters, interactiveSessions, knownDevices, loginThrottles } = stores;
  await accounts.hasAccount(alice);
  await accounts.hasActiveAccount(alice);
  await accounts.add({ userId: alice, passwordHash: "hash", isAdmin: false, createdAt: noon });
  await accounts.deactivate(alice, noon);
  await credentials.findPasswordHash(alice);
  await credentials.putPasswordHash(alice, "hash");
  await credentials.removePasswordHash(alice);
  await devices.findDevice(phone);
  await devices.listDevices(alice);
  await devices.add(phone, "Phone", { at: noon, ip: "::1" });
  await devices.rename(phone, "Renamed");
  await devices.noteSeen(phone, { at: noon, ip: "::1" });
  await devices.remove(phone);
  await knownDevices.listDeviceIds(alice);
  await knownDevices.listWithKeys(undefined, 100);
  await knownDevices.listWithKeys(phone, 100);
  await knownDevices.hasDevice(phone);
  await knownDevices.findDisplayName(phone);
  await filters.findDefinition(alice, "1");
  await filters.countFilters(alice);
  await filters.put(alice, "1", "{}");
  await filters.removeAll(alice);
  const operation = { method: "POST", path: "/", bodyDigest: digestOf("body"), userId: alice };
  await interactiveSessions.findSession("S");
  await interactiveSessions.add({ ...operation, sessionId: "S", completed: [], createdAt: noon, consumed: false });
  await interactiveSessions.putCompleted("S", []);
  await interactiveSessions.consume("S", noon, noon);
  await interactiveSessions.removeBefore(noon);
  await loginThrottles.findThrottle("subject");
  await loginThrottles.put("subject", { attempts: 1, leakedAt: noon });
  await loginThrottles.remove("subject");
  await loginThrottles.forgetBefore(noon);
}

async function useKeys(stores: Stores): Promise<void> {
  const { claimBudgets, crossSigningKeys, deviceKeys, fallbackKeys, keySignatures, oneTimeKeys } = stores;
  await claimBudgets.findBudget(phone, bob);
  await claimBudgets.putBudget(phone, bob, { remaining: 1, refilledAt: noon });
  await claimBudgets.forgetBefore(noon);
  await claimBudgets.removeAll(phone);
  await crossSigningKeys.listKeys(alice);
  await crossSigningKeys.listRendered([alice]);
  await crossSigningKeys.put(alice, { usage: "master", publicKey: "M", json: "{}" }, "{}");
  await crossSigningKeys.putRendered(alice, "master", "{}");
  await crossSigningKeys.remove(alice, "master");
  await deviceKeys.findDeviceKeys(phone);
  await deviceKeys.listRendered([alice]);
  await deviceKeys.put(phone, { ed25519: "E", curve25519: "C", json: "{}" }, "{}");
  await deviceKeys.putRendered(phone, "{}");
  await deviceKeys.remove(phone);
  await fallbackKeys.findKey(phone, signed);
  await fallbackKeys.listUnusedAlgorithms(phone);
  await fallbackKeys.put(phone, keyNamed("F"));
  await fallbackKeys.useAll([{ target: phone, algorithm: signed }]);
  await fallbackKeys.removeAll(phone);
  await fallbackKeys.markAllUsed();
  await keySignatures.listSignatures(masterKey);
  await keySignatures.listSignaturesBy(bob, [alice]);
  await keySignatures.put(masterKey, signature);
  await keySignatures.removeOn(masterKey);
  await keySignatures.removeMadeBy(bob, "ed25519:B");
  await oneTimeKeys.add(phone, [keyNamed("A")]);
  await oneTimeKeys.countPool(phone);
  await oneTimeKeys.listPoolKeys(phone, [keyNamed("A").keyId]);
  await oneTimeKeys.listKnownDigests(phone, [keyNamed("A")]);
  await oneTimeKeys.takeAll([{ target: phone, algorithm: signed }]);
  await oneTimeKeys.forgetIssued(phone, [signed], 0);
  await oneTimeKeys.removePool(phone);
  await oneTimeKeys.removeAll(phone);
  await oneTimeKeys.retireAllPools();
}

async function useKeyBackups({ keyBackups }: Stores): Promise<void> {
  const keys = { userId: alice, setId: 1 };
  const session = { roomId: "!room" as RoomId, sessionId: "S" };
  const rank = { isVerified: true, firstMessageIndex: 0, forwardedCount: 0 };
  await keyBackups.addBackup(alice, { version: 1, algorithm: "A", authData: "{}", etag: "E" });
  await keyBackups.findLastVersion(alice);
  await keyBackups.findBackup(alice, 1);
  await keyBackups.findNewest(alice);
  await keyBackups.countBackups(alice);
  await keyBackups.countKeys(alice);
  await keyBackups.putAuthData(alice, 1, "{}");
  await keyBackups.putState(alice, 1, { count: 1, etag: "E" });
  await keyBackups.listRanks(keys, [session]);
  await keyBackups.putKeys(keys, [{ ...session, ...rank, sessionData: "{}" }], { deviceId: undefined, at: noon });
  await keyBackups.findKey(keys, session);
  await keyBackups.listKeys(keys, undefined, 64);
  await keyBackups.listKeys(keys, session, 64);
  await keyBackups.listKeysOfRoom(keys, session.roomId, undefined, 64);
  await keyBackups.removeKey(keys, session);
  await keyBackups.removeKeysOfRoom(keys, session.roomId, 500);
  await keyBackups.removeAllKeys(alice, 1);
  await keyBackups.removeBackup(alice, 1);
  await keyBackups.removeDeletedKeys(500);
  await keyBackups.removeAll(alice);
}

async function useStream({ accountData, audience, deviceLists, leases, stream, toDevice }: Stores): Promise<void> {
  await accountData.findContent(alice, "a");
  await accountData.listChanged(alice, 0);
  await accountData.countTypes(alice);
  await accountData.countBytesBeside(alice, "m.direct");
  await accountData.put(alice, { type: "a", content: "{}" });
  await accountData.removeAll(alice);
  await audience.listAudience(alice);
  await audience.listAcquaintances([alice, bob]);
  await audience.introduce(alice, bob);
  await deviceLists.recordChange(alice, "public");
  await deviceLists.recordSignatureNotice(alice, bob);
  await deviceLists.listChanges(alice, 0);
  await deviceLists.listChangesBetween(0, 1, 100);
  await leases.take("work", "holder", 1000);
  await leases.hasToken("work", 1);
  await leases.release("work", 1);
  await stream.findPosition();
  await stream.beginEpoch();
  await toDevice.deliver(phone, { sender: bob, type: "a", content: "{}" });
  await toDevice.listAfter(phone, 0, 100);
  await toDevice.hasUpTo(phone, 1);
  await toDevice.removeUpTo(phone, 1);
  await toDevice.removeAll(phone);
  await toDevice.rememberTransaction(phone, "a", "1", noon);
  await toDevice.forgetTransactionsBefore(noon);
  await toDevice.removeTransactions(phone);
}

async function useAppservices({
  appserviceFeeds,
  appserviceMembers,
  appserviceQueue,
  proxyReports,
}: Stores): Promise<void> {
  const positions = { deviceListPosition: 1, eventPosition: 1, ephemeralPosition: 1 };
  await appserviceFeeds.begin("bridge", positions, 1);
  await appserviceFeeds.findFeed("bridge");
  await appserviceFeeds.listFeeds();
  await appserviceFeeds.putPositions("bridge", positions);
  await appserviceFeeds.putNamespaces("bridge", "digest");
  await appserviceFeeds.putFailure("bridge", { attempts: 1, since: noon, error: "error", nextAttemptAt: noon });
  await appserviceFeeds.removeFailure("bridge");
  await appserviceFeeds.addTransaction("bridge", { id: "T", body: "{}", madeAt: noon });
  await appserviceFeeds.findTransaction("bridge");
  await appserviceFeeds.findTransactionTime("bridge");
  await appserviceFeeds.removeTransaction("bridge", "T");
  const member = { userId: alice, roomId: hall };
  await appserviceMembers.begin("bridge", member);
  await appserviceMembers.end("bridge", member);
  await appserviceMembers.listEventPositions("bridge", 1, 2);
  await appserviceMembers.listRooms("bridge", [hall]);
  await appserviceMembers.listJoinedRooms("bridge", [hall], 1);
  await appserviceMembers.listSharing("bridge", [alice], "now");
  await appserviceMembers.listPresent(hall, 1);
  await appserviceMembers.listAll(undefined, 100);
  await appserviceMembers.addAll("bridge", [member]);
  await appserviceMembers.forgetEnded("bridge", 1);
  await appserviceMembers.forgetAll("bridge");
  await appserviceQueue.addMessage("bridge", { recipient: phone, sender: bob, type: "a", content: "{}" }, noon);
  await appserviceQueue.listMessages("bridge", 100);
  await appserviceQueue.removeMessagesUpTo("bridge", 1);
  await appserviceQueue.removeMessagesTo(phone);
  await appserviceQueue.noteCounts("bridge", [phone], noon);
  await appserviceQueue.countWaiting("bridge", 100);
  await appserviceQueue.findOldest("bridge");
  await appserviceQueue.takeNotedCounts("bridge", 100);
  const counts = { answered: 1, failed: 0, shared: 0, spared: 0 };
  const report = {
    appserviceId: "bridge",
    kind: "claim",
    counts,
    pausedUntil: undefined,
    lastError: undefined,
  } as const;
  await proxyReports.put("process", report, noon);
  await proxyReports.listReports();
  await proxyReports.removeBefore(noon);
}

async function useFederation(stores: Stores): Promise<void> {
  const { listeningServers, openidTokens, ownKeys, receivedTransactions, serverKeys } = stores;
  const key = { keyId: "ed25519:1", publicKey: "P", validUntil: noon, expiredAt: undefined };
  await ownKeys.add({ ...key, madeAt: noon });
  await ownKeys.expire(key.keyId, noon);
  await ownKeys.listOwnKeys();
  await serverKeys.putKeys(east, [{ ...key, fetchedAt: noon }]);
  await serverKeys.putObject(east, { json: "{}", validUntil: noon, fetchedAt: noon });
  await serverKeys.findKey(east, key.keyId);
  await serverKeys.listKeys(east);
  await serverKeys.findObject(east);
  await serverKeys.removeKeys(east, [key.keyId]);
  await serverKeys.listServersInvalidBefore(noon, 100);
  await serverKeys.listServersBeyond(100_000, 100);
  await serverKeys.forget({ server: east, fetchedAt: noon });
  await openidTokens.add(digestOf("openid"), alice, noon);
  await openidTokens.findUser(digestOf("openid"), noon);
  await openidTokens.forgetExpired(noon);
  await listeningServers.put(alice, east, noon);
  await listeningServers.listServers(alice);
  await listeningServers.findHeardAt(alice, east);
  await listeningServers.forgetBefore(noon + 1);
  await receivedTransactions.findDone(east, "T");
  await receivedTransactions.putDone(east, "T", 1, noon);
  await receivedTransactions.rememberMessage(east, "M", noon);
  await receivedTransactions.forgetBefore(noon);
}

async function useDestinations({ destinations, federationQueue }: Stores): Promise<void> {
  await destinations.putFailure(east, { attempts: 1, since: noon, error: "error", nextAttemptAt: noon });
  await destinations.findFailure(east);
  await destinations.listFailures();
  await destinations.removeFailure(east);
  await destinations.addTransaction(east, { id: "T", body: "{}", madeAt: noon });
  await destinations.findTransaction(east);
  await destinations.removeTransaction(east, "T");
  await destinations.putToldStreamId(east, alice, 1);
  await destinations.findToldStreamId(east, alice);
  await federationQueue.addMessage(east, "{}", noon);
  await federationQueue.listMessages(east, 100);
  await federationQueue.removeMessagesUpTo(east, 1);
  await federationQueue.noteChange([east, west], alice, phone.deviceId);
  await federationQueue.noteAllTold();
  await federationQueue.listChanges(east, 1, 100);
  await federationQueue.removeChangesUpTo(east, 1);
  await federationQueue.removeChangesOf(east, alice, 1);
  await federationQueue.listDestinations(undefined, 100);
  await federationQueue.listDestinations(east, 100);
  await federationQueue.hasWaiting(east);
  await federationQueue.countWaiting(east, 100);
  await federationQueue.forgetMessagesBefore(noon, 100);
  await federationQueue.forgetOldestMessages(east, 10);
}

async function useRemoteDeviceLists({ remoteDeviceLists }: Stores): Promise<void> {
  const device = { deviceId: phone.deviceId, ed25519: "E", rendered: "{}" };
  const masterKey = { usage: "master", publicKey: "M", rendered: "{}" } as const;
  const known = { userId: eve, streamId: 1, isFresh: true, followedUntil: noon, attempts: 0, nextResyncAt: noon };
  await remoteDeviceLists.put({ ...known, usedAt: noon });
  await remoteDeviceLists.countLists(east, 100);
  await remoteDeviceLists.markUsed([eve, mallory], noon);
  await remoteDeviceLists.listUnused(noon, 100);
  await remoteDeviceLists.findList(eve);
  await remoteDeviceLists.listLists([eve]);
  await remoteDeviceLists.listDue(noon, 100, []);
  await remoteDeviceLists.listDue(noon, 100, [east]);
  await remoteDeviceLists.findNextResync();
  await remoteDeviceLists.hasten(east, noon);
  await remoteDeviceLists.markAllStale();
  await remoteDeviceLists.replaceKeys(eve, { devices: [device], crossSigningKeys: [masterKey] });
  await remoteDeviceLists.putDevice(eve, device);
  await remoteDeviceLists.putCrossSigningKey(eve, masterKey);
  await remoteDeviceLists.listKeys([eve]);
  await remoteDeviceLists.countDevices(eve);
  await remoteDeviceLists.findDevice(eve, phone.deviceId);
  await remoteDeviceLists.removeDevice(eve, phone.deviceId);
  await remoteDeviceLists.remove([eve, mallory]);
}
