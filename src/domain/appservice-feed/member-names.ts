import { objectText } from "../../protocol/json-text.ts";

/** The members of a transaction's body that sections fill, and all names under which each goes out. */
const namesOfMembers = {
  events: ["events"],
  ephemeral: ["ephemeral", "de.sorunome.msc2409.ephemeral"],
  to_device: ["to_device", "de.sorunome.msc2409.to_device"],
  device_lists: ["device_lists", "org.matrix.msc3202.device_lists"],
  device_one_time_keys_count: [
    "device_one_time_keys_count",
    "device_one_time_key_counts",
    "org.matrix.msc3202.device_one_time_keys_count",
    "org.matrix.msc3202.device_one_time_key_counts",
  ],
  device_unused_fallback_key_types: [
    "device_unused_fallback_key_types",
    "org.matrix.msc3202.device_unused_fallback_key_types",
  ],
} as const;

export type Member = keyof typeof namesOfMembers;

/**
 * The body of a transaction: stored contents go in as the text that they are.
 * https://spec.matrix.org/v1.19/application-service-api/#put_matrixappv1transactionstxnid, MSC4203, MSC3202
 */
export function bodyText(members: ReadonlyMap<Member, string>): string {
  const named = [...withEvents(members)].flatMap(([member, text]) =>
    namesOfMembers[member].map((name): [string, string] => [name, text]),
  );
  return objectText(named);
}

/** `events` is required. */
function withEvents(members: ReadonlyMap<Member, string>): ReadonlyMap<Member, string> {
  return new Map([["events", "[]"], ...members]);
}
