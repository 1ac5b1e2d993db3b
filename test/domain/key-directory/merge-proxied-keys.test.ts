import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type LocalKeys, mergeProxiedKeys } from "../../../src/domain/key-directory/merge-proxied-keys.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { CrossSigningUsage } from "../../../src/protocol/keys/cross-signing-key.ts";

/** As `/keys/query` has it; objects are texts, which say where they are from. */
interface Answer {
  device_keys?: Record<string, Record<string, string>>;
  master_keys?: Record<string, string>;
  self_signing_keys?: Record<string, string>;
  user_signing_keys?: Record<string, string>;
}

const members = {
  master: "master_keys",
  self_signing: "self_signing_keys",
  user_signing: "user_signing_keys",
} as const;
const usages = Object.keys(members) as CrossSigningUsage[];

function keysOf(answer: Answer): LocalKeys {
  const devices = Object.entries(answer.device_keys ?? {}).map(
    ([userId, ofUser]) => [userId as UserId, new Map(Object.entries(ofUser) as [DeviceId, string][])] as const,
  );
  const ofUsage = (usage: CrossSigningUsage) =>
    new Map(Object.entries(answer[members[usage]] ?? {}) as [UserId, string][]);
  return {
    deviceKeys: new Map(devices),
    crossSigningKeys: {
      master: ofUsage("master"),
      self_signing: ofUsage("self_signing"),
      user_signing: ofUsage("user_signing"),
    },
  };
}

function answerOf({ deviceKeys, crossSigningKeys }: LocalKeys): Answer {
  return {
    device_keys: Object.fromEntries([...deviceKeys].map(([userId, devices]) => [userId, Object.fromEntries(devices)])),
    master_keys: Object.fromEntries(crossSigningKeys.master),
    self_signing_keys: Object.fromEntries(crossSigningKeys.self_signing),
    user_signing_keys: Object.fromEntries(crossSigningKeys.user_signing),
  };
}

const merged = (stored: Answer, proxied: Answer) => answerOf(mergeProxiedKeys(keysOf(stored), keysOf(proxied)));

const alice = "@alice:example.org";
const known: Answer = {
  device_keys: { [alice]: { DEVICEID_1: "ours", DEVICEID_2: "ours" } },
  master_keys: { [alice]: "ours" },
  self_signing_keys: { [alice]: "ours" },
  user_signing_keys: { [alice]: "ours" },
};

test("Q5: the example of MSC3984: what the appservice gives is its own, what it leaves out is ours", () => {
  const given = { device_keys: { [alice]: { DEVICEID_1: "theirs" } }, master_keys: { [alice]: "theirs" } };
  assert.deepEqual(merged(known, given), {
    device_keys: { [alice]: { DEVICEID_1: "theirs", DEVICEID_2: "ours" } },
    master_keys: { [alice]: "theirs" },
    self_signing_keys: { [alice]: "ours" },
    user_signing_keys: { [alice]: "ours" },
  });
});

test("Q5: an empty answer, as any error is, changes nothing; of a user with nothing here all is the appservice's", () => {
  assert.deepEqual(merged(known, {}), known);
  assert.deepEqual(merged(known, { device_keys: { [alice]: {} } }), known);
  const empty = { device_keys: { [alice]: {} }, master_keys: {}, self_signing_keys: {}, user_signing_keys: {} };
  assert.deepEqual(merged(empty, known), known);
});

test("Q5: users of whom the appservice says nothing are left as they are", () => {
  const bob = "@bob:example.org";
  const both = { ...known, device_keys: { ...known.device_keys, [bob]: { DEVICEID_1: "ours" } } };
  const given = { device_keys: { [alice]: { DEVICEID_3: "theirs" } }, self_signing_keys: { [alice]: "theirs" } };
  const { device_keys, master_keys, self_signing_keys } = merged(both, given);
  assert.deepEqual(device_keys?.[bob], { DEVICEID_1: "ours" });
  assert.deepEqual(Object.keys(device_keys?.[alice] ?? {}), ["DEVICEID_1", "DEVICEID_2", "DEVICEID_3"]);
  assert.deepEqual([master_keys, self_signing_keys], [{ [alice]: "ours" }, { [alice]: "theirs" }]);
});

const userIds = ["@a:example.org", "@b:example.org", "@__proto__:example.org"] as const;
const deviceIds = ["ONE", "TWO", "__proto__", "constructor"] as const;

/** Which devices and keys one side has. */
const someKeys = (from: string): fc.Arbitrary<LocalKeys> =>
  fc
    .record({
      devices: fc.dictionary(fc.constantFrom(...userIds), fc.subarray([...deviceIds]), { noNullPrototype: true }),
      keys: fc.dictionary(fc.constantFrom(...userIds), fc.subarray(usages), { noNullPrototype: true }),
    })
    .map(({ devices, keys }) => {
      const named = Object.entries(devices).map(
        ([userId, ids]) => [userId as UserId, new Map(ids.map((id) => [id as string as DeviceId, from]))] as const,
      );
      const ofUsage = (usage: CrossSigningUsage) =>
        new Map(Object.entries(keys).flatMap(([userId, of]) => (of.includes(usage) ? [[userId as UserId, from]] : [])));
      return {
        deviceKeys: new Map(named),
        crossSigningKeys: {
          master: ofUsage("master"),
          self_signing: ofUsage("self_signing"),
          user_signing: ofUsage("user_signing"),
        },
      };
    });

test("Q5: every device and every key of every user is from the appservice where it gives it, else ours, else absent", () => {
  fc.assert(
    fc.property(someKeys("ours"), someKeys("theirs"), (stored, proxied) => {
      const before = answerOf(stored);
      const { deviceKeys, crossSigningKeys } = mergeProxiedKeys(stored, proxied);
      for (const userId of userIds as readonly string[] as UserId[]) {
        for (const deviceId of deviceIds as readonly string[] as DeviceId[]) {
          const right = proxied.deviceKeys.get(userId)?.get(deviceId) ?? stored.deviceKeys.get(userId)?.get(deviceId);
          assert.equal(deviceKeys.get(userId)?.get(deviceId), right);
        }
        for (const usage of usages) {
          const right = proxied.crossSigningKeys[usage].get(userId) ?? stored.crossSigningKeys[usage].get(userId);
          assert.equal(crossSigningKeys[usage].get(userId), right);
        }
        assert.equal(deviceKeys.has(userId), stored.deviceKeys.has(userId) || proxied.deviceKeys.has(userId));
      }
      assert.deepEqual(answerOf(stored), before, "what was merged is as it was");
    }),
  );
});
