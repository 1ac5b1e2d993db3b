import type { RoomVersionId } from "../../protocol/events/room-version.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { type QueryMissingUsersDeps, queryMissingUsers } from "../appservices/query-missing-users.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Random } from "../kernel/random.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import { addRoomAlias } from "../room-aliases/add-room-alias.ts";
import { refuseReservedAlias } from "../room-aliases/refuse-reserved-alias.ts";
import { requireAliasesOfRoom } from "../room-aliases/require-aliases-of-room.ts";
import type { RoomAliasStore } from "../room-aliases/room-alias-store.ts";
import { beginRoom, planRoom, type RoomPlan } from "../rooms/begin-room.ts";
import type { EventDraft } from "../rooms/event-draft.ts";
import type { InRoomDeps } from "../rooms/in-room.ts";
import { requireActiveUser } from "../rooms/require-invitee.ts";
import type { RoomWriter } from "../rooms/room-writer.ts";
import type { ActingStores } from "./act-in-room.ts";
import { initialEvents } from "./initial-events.ts";
import { appendInvite, inviteLater, splitInvites } from "./initial-invites.ts";
import { memberContent } from "./member-content.ts";
import { type CreateRoomRequest, inviteesIn, parseRoomCreation, type RoomCreation } from "./room-creation.ts";

interface CreatingStores extends ActingStores {
  readonly roomAliases: RoomAliasStore;
}

export type CreateRoomDeps = InRoomDeps<CreatingStores> &
  QueryMissingUsersDeps & {
    readonly random: Random;
    readonly defaultRoomVersion: RoomVersionId;
  };

/**
 * Makes a room with its first events and invites, all of them or none. Of many invites all but the first are units of
 * their own, after the one that makes the room: nothing that is asked for can fail there. When the server or the database
 * ends in between, the room is there without some of its invites, and the request has no good answer.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 *
 * @throws MatrixError as `parseRoomCreation`; `M_ROOM_IN_USE`, `M_EXCLUSIVE` for the alias, `M_BAD_ALIAS`; `M_FORBIDDEN` for
 * invitees that do not exist; `M_INVALID_ROOM_STATE` for state that the rules of the room refuse
 */
export async function createRoom(
  deps: CreateRoomDeps,
  requester: Requester,
  request: CreateRoomRequest,
): Promise<RoomId> {
  const { userId } = requester;
  const creation = parseRoomCreation(request, userId, deps);
  const { alias } = creation;
  if (alias !== undefined) refuseReservedAlias(deps.appservices, alias, requester);
  const invitees = [...creation.invite, ...inviteesIn(creation.initialState)];
  await queryMissingUsers(deps, invitees, requester.appserviceId);
  const begunAt = deps.clock.now();
  for (let attempt = 0; ; attempt++) {
    const plan = planRoom(deps, creation.version, userId, creation.creationContent, begunAt + attempt);
    const { roomId } = plan;
    const scope = { exclusive: alias === undefined ? [roomId] : [roomId, alias], shared: [userId, ...invitees] };
    const isMade = await deps.unitOfWork.run(scope, async (stores, commit) => {
      await requireRequestingDevice(stores, requester);
      // In version 12 rooms that are alike, made in the same ms, would have the same id.
      if (await stores.rooms.findRoom(roomId)) return false;
      await makeRoom(deps, stores, commit, creation, plan);
      return true;
    });
    if (!isMade) continue;
    await inviteLater(deps, plan, creation);
    return roomId;
  }
}

async function makeRoom(
  deps: CreateRoomDeps,
  stores: CreatingStores,
  commit: Commit,
  creation: RoomCreation,
  plan: RoomPlan,
): Promise<void> {
  const { creator, roomId } = plan;
  const { alias } = creation;
  if (alias !== undefined && !(await addRoomAlias(stores, { alias, roomId, creator }, deps.clock.now()))) {
    throw new MatrixError("M_ROOM_IN_USE", "The alias is taken");
  }
  const joining = await memberContent(stores, creator, "join", {});
  const room = await asInitialState(() => beginRoom(deps, stores, commit, plan));
  await appendInitial(room, { type: "m.room.member", stateKey: creator, sender: creator, content: joining });
  for (const userId of [...inviteesIn(creation.initialState), ...creation.invite]) {
    await requireActiveUser(stores, userId);
  }
  for (const event of initialEvents(creation, creator)) {
    await requireAliasesOfRoom(stores, roomId, event, undefined);
    await appendInitial(room, { ...event, sender: creator });
  }
  for (const userId of splitInvites(creation).now) {
    await asInitialState(() => appendInvite(stores, room, creator, userId, creation));
  }
}

async function appendInitial(room: RoomWriter, draft: EventDraft): Promise<void> {
  await asInitialState(() => room.append(draft));
}

/** What the rules of the room refuse is the fault of what was asked for. */
async function asInitialState<T>(append: () => Promise<T>): Promise<T> {
  try {
    return await append();
  } catch (error) {
    if (!(error instanceof MatrixError) || error.errcode !== "M_FORBIDDEN") throw error;
    throw new MatrixError("M_INVALID_ROOM_STATE", error.message);
  }
}
