import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import type { Random } from "../kernel/random.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { FederationQueueStore } from "./federation-queue-store.ts";

/** What one user's devices are sent: JSON text by device id; under `*` for all of them. */
export interface AddressedContents {
  readonly userId: UserId;
  readonly contents: ReadonlyMap<DeviceId | "*", string>;
}

/** One content on its way into an EDU. */
interface Part {
  readonly userId: UserId;
  readonly deviceId: DeviceId | "*";
  readonly content: string;
}

/** Bytes of an EDU: servers refuse what is longer than an event may be. */
const longestEdu = 65_000;

/** JSON text of EDUs by destination, in the order in which they are sent. */
export type MessageEdus = ReadonlyMap<ServerName, readonly string[]>;

/**
 * Before the unit that queues them, which may run twice: the EDUs that carry these messages. Each content is in one of
 * them, in order, and none is longer than 65,000 bytes, but one whose single content is.
 * https://spec.matrix.org/v1.19/server-server-api/#send-to-device-messaging
 */
export function messageEdus(
  { sender, type }: { readonly sender: UserId; readonly type: string },
  addressed: readonly AddressedContents[],
  random: Random,
): MessageEdus {
  const byServer = Map.groupBy(addressed, ({ userId }) => serverNameOf(userId));
  const edusOf = (users: readonly AddressedContents[]) => {
    // A `message_id` has 32 characters at most; each EDU has its own.
    const textWith = (messages: string) => {
      const content = { sender, type, message_id: random.bytes(16).toString("base64url") };
      return `{"edu_type":"m.direct_to_device","content":${JSON.stringify(content).slice(0, -1)},"messages":${messages}}}`;
    };
    const room = longestEdu - Buffer.byteLength(textWith("{}"));
    return split(users, room).map((parts) => textWith(messagesText(parts)));
  };
  return new Map([...byServer].map(([server, users]) => [server, edusOf(users)]));
}

/** Inside a unit. */
export async function queueMessages(
  { federationQueue }: { readonly federationQueue: FederationQueueStore },
  commit: Commit,
  edus: MessageEdus,
  now: number,
): Promise<void> {
  for (const [destination, texts] of edus) {
    for (const text of texts) await federationQueue.addMessage(destination, text, now);
    commit.wake(destination);
  }
}

/** @param room bytes for the members of `messages`, with commas between them */
function split(users: readonly AddressedContents[], room: number): Part[][] {
  const portions: Part[][] = [];
  let bytes = Infinity;
  for (const { userId, contents } of users) {
    for (const [deviceId, content] of contents) {
      const part = { userId, deviceId, content };
      // As if no part shared its user's name with another.
      const needed = Buffer.byteLength(messagesText([part])) - 1;
      bytes += needed;
      // The last one has no comma after it.
      if (bytes - 1 > room) {
        portions.push([]);
        bytes = needed;
      }
      portions.at(-1)?.push(part);
    }
  }
  return portions;
}

/** By user, by device. */
function messagesText(parts: readonly Part[]): string {
  const users = Array.from(
    Map.groupBy(parts, ({ userId }) => userId),
    ([userId, ofUser]) => {
      const devices = ofUser.map(({ deviceId, content }) => `${JSON.stringify(deviceId)}:${content}`);
      return `${JSON.stringify(userId)}:{${devices.join(",")}}`;
    },
  );
  return `{${users.join(",")}}`;
}
