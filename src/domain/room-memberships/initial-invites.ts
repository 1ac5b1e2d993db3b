import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { RoomPlan } from "../rooms/begin-room.ts";
import { inRoom } from "../rooms/in-room.ts";
import type { RoomInUnit } from "../rooms/room-in-unit.ts";
import type { RoomWriter } from "../rooms/room-writer.ts";
import type { ActingDeps, ActingStores } from "./act-in-room.ts";
import { appendMembership } from "./append-membership.ts";
import { memberContent } from "./member-content.ts";
import type { RoomCreation } from "./room-creation.ts";

/** Invites in one unit: some ms of work. */
const mostTogether = 10;

/** Who is invited in the unit that makes the room, and who after it. */
export function splitInvites({ invite, initialState }: RoomCreation): { now: UserId[]; later: UserId[] } {
  const stateKeys = new Set(initialState.map(({ stateKey }) => stateKey));
  // For whom the initial state has a membership the rules may have another answer than for all others.
  const named = invite.filter((userId) => stateKeys.has(userId));
  const others = invite.filter((userId) => !stateKeys.has(userId));
  const room = Math.max(0, mostTogether - named.length);
  return { now: [...named, ...others.slice(0, room)], later: others.slice(room) };
}

/** Inside a unit that has the room, and shares the user. @throws MatrixError as `memberContent`, `RoomWriter.append` */
export async function appendInvite(
  stores: ActingStores,
  room: RoomWriter,
  sender: UserId,
  userId: UserId,
  { isDirect }: Pick<RoomCreation, "isDirect">,
): Promise<void> {
  const content = await memberContent(stores, userId, "invite", { is_direct: isDirect || undefined });
  await appendMembership(room, sender, userId, content);
}

/** Some in a unit. Who has come in meanwhile, was banned, or has ended the account is not invited. */
export async function inviteLater(
  deps: ActingDeps,
  { creator, roomId }: RoomPlan,
  creation: RoomCreation,
): Promise<void> {
  const { later } = splitInvites(creation);
  for (let start = 0; start < later.length; start += mostTogether) {
    const invitees = later.slice(start, start + mostTogether);
    const act = async (unit: RoomInUnit, stores: ActingStores) => {
      const room = await unit.open();
      for (const userId of invitees) {
        await unlessRefused(() => appendInvite(stores, room, creator, userId, creation));
      }
    };
    await inRoom(deps, { roomId, shared: [creator, ...invitees], act });
  }
}

async function unlessRefused(invite: () => Promise<void>): Promise<void> {
  try {
    await invite();
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
  }
}
