import assert from "node:assert/strict";

/** A to-device message in a transaction (MSC4203). */
export interface PushedMessage {
  readonly to_user_id: string;
  readonly to_device_id: string;
  readonly sender: string;
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** By user id, then by device id. */
type ByDevice<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

/** What a transaction brings for encryption (MSC3202); a member that it does not have is empty. */
export interface Transaction {
  readonly messages: readonly PushedMessage[];
  readonly changed: readonly string[];
  readonly left: readonly string[];
  readonly keyCounts: ByDevice<Readonly<Record<string, number>>>;
  readonly unusedFallbackKeys: ByDevice<readonly string[]>;
}

/** The names of the proposals, and the ones that bridges have to read until the proposals are merged. */
const prefixedNames: readonly (readonly [string, string])[] = [
  ["ephemeral", "de.sorunome.msc2409.ephemeral"],
  ["to_device", "de.sorunome.msc2409.to_device"],
  ["device_lists", "org.matrix.msc3202.device_lists"],
  ["device_one_time_keys_count", "org.matrix.msc3202.device_one_time_keys_count"],
  ["device_unused_fallback_key_types", "org.matrix.msc3202.device_unused_fallback_key_types"],
];

/** Checks the body of a transaction, whose two names for each member have to say the same. */
// biome-ignore lint/suspicious/noExplicitAny: it comes from outside, and is looked into here.
export function readTransaction(body: any): Transaction {
  assert.ok(Array.isArray(body.events), "the specification requires `events`, also when there are none");
  for (const [name, prefixed] of prefixedNames) {
    assert.deepEqual(body[prefixed], body[name], `${prefixed} and ${name} say the same`);
  }
  const messages: PushedMessage[] = body.to_device ?? [];
  for (const message of messages) {
    const members = ["content", "sender", "to_device_id", "to_user_id", "type"];
    assert.deepEqual(Object.keys(message).sort(), members, "S3: what a sync has, and to whom it goes");
  }
  return {
    messages,
    changed: body.device_lists?.changed ?? [],
    left: body.device_lists?.left ?? [],
    keyCounts: body.device_one_time_keys_count ?? {},
    unusedFallbackKeys: body.device_unused_fallback_key_types ?? {},
  };
}
