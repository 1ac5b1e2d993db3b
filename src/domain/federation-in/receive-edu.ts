import { type KnownEdu, parseEdu } from "../../protocol/federation/edu.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonValue } from "../../protocol/json.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import {
  applyDeviceListUpdate,
  applySigningKeyUpdate,
  type UpdatingDeps,
  type UpdatingStores,
} from "../remote-device-lists/apply-updates.ts";
import { type AddressedMessages, addressedMessages } from "./addressed-messages.ts";
import {
  type Delivered,
  type DirectToDeviceStores,
  type Outcome,
  receiveDirectToDevice,
} from "./receive-direct-to-device.ts";

/** An EDU as far as it can be looked into before its unit, or a part of one that has a great many recipients. */
export interface ReadEdu {
  /** What it calls itself, for whoever counts them. */
  readonly type: string;
  /** `undefined`: it is malformed, or speaks for another server's user, and nothing is done about it. */
  readonly edu: KnownEdu | undefined;
  /** Whose it is: a user of the server that has sent it. */
  readonly owner: UserId | undefined;
  /** What it has for our users, where it is a message. */
  readonly addressed: readonly AddressedMessages[];
  /** Which part of the EDU it is, from 0. */
  readonly part: number;
}

/**
 * Recipients of one unit, and so of one part: each is named in its scope. How far a transaction has been done is counted in
 * parts, so with another number one that is under way would go on at another place.
 */
export const recipientsInUnit = 200;

/**
 * Whatever it is that stands among the EDUs of a transaction; never throws.
 * @returns one or more, the same for the same EDU: each part has other recipients
 */
export function readEdu(ownServer: ServerName, origin: ServerName, value: JsonValue): ReadEdu[] {
  const name = isJsonObject(value) ? value["edu_type"] : undefined;
  const nothing = {
    type: typeof name === "string" ? name : "malformed",
    edu: undefined,
    owner: undefined,
    addressed: [],
    part: 0,
  };
  const edu = parseEdu(value);
  if (edu === undefined || edu.type === "other") return [nothing];
  const owner = edu.type === "m.direct_to_device" ? edu.sender : edu.userId;
  if (serverNameOf(owner) !== origin) return [nothing];
  const addressed = edu.type === "m.direct_to_device" ? addressedMessages(ownServer, edu) : [];
  if (addressed === undefined) return [nothing];
  // In an order of its own, for its server may write the same EDU otherwise the next time.
  const ordered = addressed.toSorted((one, other) => (one.userId < other.userId ? -1 : 1));
  const parts: ReadEdu[] = [];
  do {
    const start = parts.length * recipientsInUnit;
    const some = ordered.slice(start, start + recipientsInUnit);
    parts.push({ type: edu.type, edu, owner, addressed: some, part: parts.length });
  } while (parts.length * recipientsInUnit < addressed.length);
  return parts;
}

export interface ReceivingDeps extends UpdatingDeps {
  readonly appservices: Appservices;
}

export interface ReceivingStores extends DirectToDeviceStores, UpdatingStores {}

/**
 * Inside a unit that has the EDU's owner exclusively and shares the recipients of its messages.
 *
 * @param delivered is added to
 * @param now ms since the epoch
 */
export async function receiveEdu(
  deps: ReceivingDeps,
  stores: ReceivingStores,
  commit: Commit,
  { edu, addressed, part }: ReadEdu,
  delivered: Delivered,
  now: number,
): Promise<Outcome> {
  switch (edu?.type) {
    case undefined:
      return "dropped";
    case "m.direct_to_device":
      return receiveDirectToDevice(deps.appservices, stores, commit, edu, { addressed, part }, delivered, now);
    case "m.device_list_update":
      await applyDeviceListUpdate(deps, stores, commit, edu, now);
      return "taken";
    case "m.signing_key_update":
      await applySigningKeyUpdate(deps, stores, commit, edu, now);
      return "taken";
  }
}
