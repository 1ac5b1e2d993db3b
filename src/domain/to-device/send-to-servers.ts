import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonValue } from "../../protocol/json.ts";
import { describeFault, findJsonFault } from "../../protocol/json-fault.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { type ListeningStores, noteListening } from "../device-lists/audience.ts";
import type { AudienceStore } from "../device-lists/audience-store.ts";
import type { FederationQueueStore } from "../federation-out/federation-queue-store.ts";
import {
  type AddressedContents,
  type MessageEdus,
  messageEdus,
  queueMessages,
} from "../federation-out/queue-messages.ts";
import type { Random } from "../kernel/random.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import type { RemoteDeviceListStore } from "../remote-device-lists/remote-device-list-store.ts";
import { trackRemoteUser } from "../remote-device-lists/track-remote-user.ts";

export interface SendingToServersStores extends ListeningStores {
  readonly audience: AudienceStore;
  readonly federationQueue: FederationQueueStore;
  readonly remoteDeviceLists: RemoteDeviceListStore;
}

/** What goes to other servers, made before the unit that queues it. */
export interface MessagesToServers {
  readonly sender: UserId;
  readonly recipients: readonly UserId[];
  readonly edus: MessageEdus;
}

/** Servers in one request. */
const mostServers = 500;

/** Levels that a transaction and its signature put around a content, and a few for those that come after this server. */
const levelsAround = 16;

/** @throws MatrixError `M_TOO_LARGE` */
export function messagesToServers(
  deps: { readonly random: Random },
  from: { readonly sender: UserId; readonly type: string },
  addressed: readonly AddressedContents[],
): MessagesToServers {
  const withContent = addressed.filter(({ contents }) => contents.size > 0);
  const edus = messageEdus(from, withContent, deps.random);
  if (edus.size > mostServers) {
    throw new MatrixError("M_TOO_LARGE", `At most ${mostServers} other servers a request`);
  }
  return { sender: from.sender, recipients: withContent.map(({ userId }) => userId), edus };
}

/**
 * Refuses what no transaction can carry, for transactions are signed as canonical JSON: fractions, and what is nested too
 * deeply with everything around it. One such content would keep all others from its server.
 *
 * @throws MatrixError `M_BAD_JSON` naming the path
 */
export function requireSendable(content: JsonValue, where: string): void {
  const fault = findJsonFault(content, "refused") ?? findJsonFault(wrapped(content), "refused");
  if (fault) throw new MatrixError("M_BAD_JSON", `For other servers: ${describeFault(fault, where)}`);
}

function wrapped(content: JsonValue): JsonValue {
  let value = content;
  for (let level = 0; level < levelsAround; level++) value = [value];
  return value;
}

/**
 * Inside a unit that shares the sender and the recipients: queues the messages; who exchanges messages hears of each other's devices from
 * now on.
 */
export async function sendToServers(
  stores: SendingToServersStores,
  commit: Commit,
  { sender, recipients, edus }: MessagesToServers,
  now: number,
): Promise<void> {
  for (const userId of recipients) {
    if (await stores.audience.introduce(sender, userId)) commit.wake(sender);
    await trackRemoteUser(stores, commit, userId, now);
  }
  for (const server of edus.keys()) await noteListening(stores, sender, server, now);
  await queueMessages(stores, commit, edus, now);
}
