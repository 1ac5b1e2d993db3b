import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { MembershipStore } from "../rooms/membership-store.ts";
import { requireJoined } from "../rooms/require-joined.ts";
import type { TypingStore } from "./typing-store.ts";

export interface SetTypingDeps {
  readonly unitOfWork: UnitOfWork<{ typing: TypingStore; memberships: MembershipStore; knownDevices: KnownDevices }>;
  readonly clock: Clock;
  readonly typingEnds: TypingEnds;
}

/** Who sees to it that typing ends. */
export interface TypingEnds {
  /** @param endsAt ms since the epoch */
  expect(endsAt: number): void;
}

export interface SetTyping {
  readonly userId: UserId;
  readonly roomId: RoomId;
  readonly typing: boolean;
  /** In ms; cut at two minutes. */
  readonly timeout: number | undefined;
}

const usualTimeout = 30_000;
const longestTimeout = 120_000;

/**
 * The requester types, for a while, or has ceased to.
 * https://spec.matrix.org/v1.19/client-server-api/#typing-notifications
 *
 * @throws MatrixError `M_FORBIDDEN` for another user, and outside of the room
 */
export async function setTyping(
  deps: SetTypingDeps,
  requester: Requester,
  { userId, roomId, typing, timeout = usualTimeout }: SetTyping,
): Promise<void> {
  if (userId !== requester.userId) throw new MatrixError("M_FORBIDDEN", "Users say of themselves alone that they type");
  const endsAt = deps.clock.now() + Math.min(timeout, longestTimeout);
  await deps.unitOfWork.run({ exclusive: [userId] }, async (stores, commit) => {
    await requireRequestingDevice(stores, requester);
    await requireJoined(stores, userId, roomId);
    const before = await stores.typing.findTyping(roomId, userId);
    if (typing) await stores.typing.put({ roomId, userId, endsAt }, before === undefined);
    else if (before) await stores.typing.remove(roomId, userId);
    if (typing === (before === undefined)) commit.wake(roomId);
  });
  if (typing) deps.typingEnds.expect(endsAt);
}
