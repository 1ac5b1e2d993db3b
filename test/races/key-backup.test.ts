import assert from "node:assert/strict";
import { test } from "node:test";
import { keysPath, newBackup, otherRoom, room, roomKey, stateOf, type UploadedKey } from "../api/key-backup/backups.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import type { Client } from "../support/client.ts";
import { seed, seedNote, times } from "./effort.ts";
import { below } from "./key-requests.ts";
import { turns } from "./key-use-cases.ts";
import { deployments, postgres } from "./race-engines.ts";
import { openSeededServers } from "./seeded-server.ts";

const put = (client: Client, version: string, session: string, key: UploadedKey) =>
  client.request("PUT", keysPath(version, room, session), key);

/** The rule of the specification, told by a number: the greater one is better. */
function worth(key: UploadedKey): number {
  return (key.is_verified ? 1e6 : 0) - key.first_message_index * 1000 - key.forwarded_count;
}

for (const deployment of deployments.filter(({ servers }) => servers <= 2)) {
  const rounds = (deployment.engine === postgres ? 15 : 40) * times;
  const devices = ["alice PHONE", "alice LAPTOP"];

  test(`B2: of two keys of one session that come at once the better one stays, in either order (${deployment.name})`, async (t) => {
    const { clients } = await openSeededServers(t, deployment, ["alice PHONE"]);
    const [alice] = clients as [Client];
    const version = await newBackup(alice);
    const better = roomKey({ first_message_index: 0, session_data: { is: "better" } });
    const worse = roomKey({ first_message_index: 1, session_data: { is: "worse" } });
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? [better, worse] : [worse, better];
      const answers = await Promise.all(order.map((key) => put(alice, version, `S${round}`, key)));
      for (const { status, body } of answers) assert.deepEqual([status, body.count], [200, round + 1]);
      assert.deepEqual((await alice.get(keysPath(version, room, `S${round}`))).body, better);
      const { etag } = await stateOf(alice, version);
      assert.ok(answers.some(({ body }) => body.etag === etag));
    }
    assert.equal((await stateOf(alice, version)).count, rounds);
  });

  test(`B2, B3: of many keys of few sessions that come at once the best stay, and the count is right (${deployment.name})`, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const { clients } = await openSeededServers(t, deployment, ["alice PHONE"]);
    const [alice] = clients as [Client];
    const version = await newBackup(alice);
    const best = new Map<string, UploadedKey>();
    const uploads = Array.from({ length: 4 * rounds }, (_, n) => {
      const session = `S${below(random, 6)}`;
      const key = roomKey({
        ...{ is_verified: below(random, 3) === 0, first_message_index: below(random, 4) },
        ...{ forwarded_count: below(random, 4), session_data: { n } },
      });
      const known = best.get(session);
      if (!known || worth(key) > worth(known)) best.set(session, key);
      return { session, key };
    });
    const answers = await Promise.all(uploads.map(({ session, key }) => put(alice, version, session, key)));
    assert.ok(answers.every(({ status }) => status === 200));
    const { sessions } = (await alice.get(keysPath(version, room))).body;
    assert.equal((await stateOf(alice, version)).count, best.size);
    assert.equal(Object.keys(sessions).length, best.size);
    for (const [session, key] of best) assert.equal(worth(sessions[session]), worth(key));
    assert.ok(answers.some(({ body }) => body.count === best.size));
  });

  test(`B1, B3: an upload beside a new version is taken before it or refused, whole (${deployment.name})`, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const { clients } = await openSeededServers(t, deployment, devices);
    const [phone, laptop] = clients as [Client, Client];
    const outcomes = new Map<string, number>();
    let old = await newBackup(phone);
    for (let round = 0; round < rounds; round++) {
      const sessions = { A: roomKey(), B: roomKey() };
      const rooms = { [room]: { sessions }, [otherRoom]: { sessions } };
      const upload = () => laptop.request("PUT", keysPath(old), { rooms });
      // Uploading is the longer way.
      const renewal = turns(below(random, 2) * below(random, 12)).then(() => newBackup(phone));
      const [answer, version] = await Promise.all([upload(), renewal]);
      const { count } = await stateOf(phone, old);
      const found = (await phone.get(keysPath(old))).body.rooms;
      if (answer.status === 200) {
        assert.deepEqual([count, answer.body.count, found], [4, 4, rooms]);
      } else {
        assert.deepEqual([answer.status, answer.body.errcode], [403, "M_WRONG_ROOM_KEYS_VERSION"]);
        assert.equal(answer.body.current_version, version);
        assert.deepEqual([count, found], [0, {}]);
      }
      assert.equal((await stateOf(phone, version)).count, 0);
      outcomes.set(String(answer.status), (outcomes.get(String(answer.status)) ?? 0) + 1);
      old = version;
    }
    t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  });

  test(`B1: versions that are made and deleted at once are all different (${deployment.name})`, async (t) => {
    const { clients } = await openSeededServers(t, deployment, devices);
    const [phone, laptop] = clients as [Client, Client];
    const versions: string[] = [];
    for (let round = 0; round < rounds / 5; round++) {
      const made = await Promise.all([phone, laptop, phone, laptop].map(newBackup));
      versions.push(...made);
      const deleted = await Promise.all(
        [phone, laptop].map((client) => client.request("DELETE", `/room_keys/version/${made[0]}`)),
      );
      assert.deepEqual(
        deleted.map(({ status }) => status),
        [200, 200],
      );
    }
    assert.equal(new Set(versions).size, versions.length);
    const current = (await phone.get("/room_keys/version")).body.version;
    assert.equal(Number(current), Math.max(...versions.map(Number)));
  });

  test(`B3: count and keys agree after uploads and deletions at once (${deployment.name})`, async (t) => {
    const { clients } = await openSeededServers(t, deployment, devices);
    const [phone, laptop] = clients as [Client, Client];
    const version = await newBackup(phone);
    for (let round = 0; round < rounds / 2; round++) {
      const sessions = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${round} ${n}`, roomKey()]));
      await Promise.all([
        phone.request("PUT", keysPath(version, room), { sessions }),
        laptop.request("PUT", keysPath(version, room), { sessions }),
        laptop.request("DELETE", keysPath(version, room, `${round} 3`)),
        phone.request("DELETE", keysPath(version, ...(round % 3 === 0 ? [] : [room]))),
        laptop.request("PUT", keysPath(version, otherRoom), { sessions }),
      ]);
      const { rooms } = (await phone.get(keysPath(version))).body;
      const stored = Object.values(rooms).flatMap((found) => Object.keys((found as { sessions: object }).sessions));
      assert.equal((await stateOf(phone, version)).count, stored.length);
    }
  });
}
