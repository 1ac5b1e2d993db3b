import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { serveFederation } from "./serve-federation.ts";

const bob = "@bob:calling.example" as UserId;

/** Anything, and what is near to being right: with the members that EDUs have. */
function edusFor(alice: { userId: string; deviceId: string }) {
  const anything = fc.jsonValue({ maxDepth: 3, noUnicodeString: false });
  const user = fc.constantFrom(bob, alice.userId, "@mallory:third.example", "@:calling.example", "@\0:calling.example");
  const device = fc.constantFrom(alice.deviceId, "*", "__proto__", "constructor", "", "D\0", "\ud800");
  const or = <T>(value: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 3, arbitrary: value as fc.Arbitrary<unknown> }, anything);
  const messages = fc.dictionary(user, or(fc.dictionary(device, anything)));
  const keys = fc.record(
    { user_id: or(user), device_id: or(device), keys: anything, algorithms: anything, signatures: anything },
    { requiredKeys: [] },
  );
  const streamId = fc.oneof(fc.integer(), fc.constant(Number.MAX_SAFE_INTEGER), fc.double());
  const content = fc.record(
    {
      ...{ sender: or(user), user_id: or(user), type: or(fc.string()), message_id: or(fc.string()) },
      ...{ messages: or(messages), device_id: or(device), stream_id: or(streamId), keys: or(keys) },
      ...{ prev_id: or(fc.array(streamId)), deleted: or(fc.boolean()), device_display_name: anything },
      ...{ master_key: or(keys), self_signing_key: or(keys) },
    },
    { requiredKeys: [] },
  );
  const type = fc.constantFrom("m.direct_to_device", "m.device_list_update", "m.signing_key_update", "m.presence");
  return fc.array(fc.oneof(anything, fc.record({ edu_type: or(type), content: or(content) })), { maxLength: 30 });
}

test("E2: whatever stands among the EDUs of a transaction, it is answered, and what is right among them arrives", async (t) => {
  const { caller, newClient, events, house } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller("calling.example");
  let [runs, since] = [0, (await alice.sync()).next_batch as string];
  const property = fc.asyncProperty(edusFor(alice), fc.boolean(), async (edus, isFresh) => {
    const id = `right ${++runs}`;
    // Updates are looked into where the list is known to be fresh.
    const known = { userId: bob, streamId: 1, isFresh, followedUntil: undefined, attempts: 0 };
    const list = { ...known, nextResyncAt: undefined, usedAt: house.clock.now() };
    await house.unitOfWork.run({ exclusive: [bob] }, ({ remoteDeviceLists }) => remoteDeviceLists.put(list));
    const messages = { [alice.userId]: { [alice.deviceId]: { id } } };
    const right = {
      edu_type: "m.direct_to_device",
      content: { sender: bob, type: "m.test", message_id: id, messages },
    };
    const transaction = JSON.stringify({ edus: [...edus, right] });
    const { status, body } = await server.signedAsSent("PUT", `/send/${runs}`, transaction);
    assert.deepEqual([status, body], [200, { pdus: {} }]);
    const { to_device, next_batch } = await alice.sync(since);
    since = next_batch;
    assert.deepEqual(to_device.events.at(-1)?.content, { id });
  });
  await fc.assert(property, { numRuns: 60 });
  assert.deepEqual(
    events.filter((event) => event.startsWith("failed")),
    [],
  );
});
