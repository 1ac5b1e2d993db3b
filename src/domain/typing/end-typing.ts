import type { Clock } from "../kernel/clock.ts";
import type { Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { TypingStore } from "./typing-store.ts";

export interface EndTypingDeps {
  readonly unitOfWork: UnitOfWork<{ typing: TypingStore }>;
  readonly snapshots: Snapshots<{ typing: TypingStore }>;
  readonly clock: Clock;
}

/** Who ends in one go. */
const mostTogether = 100;

/**
 * Whose time is over types no more.
 * @returns when the next one's time is over, in ms since the epoch; `undefined` when nobody types
 */
export async function endTyping({ unitOfWork, snapshots, clock }: EndTypingDeps): Promise<number | undefined> {
  const now = clock.now();
  for (const { roomId, userId } of await snapshots.ask(({ typing }) => typing.listEnded(now, mostTogether))) {
    await unitOfWork.run({ exclusive: [userId] }, async ({ typing }, commit) => {
      // Meanwhile the user may have typed on.
      const present = await typing.findTyping(roomId, userId);
      if (present === undefined || present.endsAt > now) return;
      await typing.remove(roomId, userId);
      commit.wake(roomId);
    });
  }
  return snapshots.ask(({ typing }) => typing.findFirstEnd());
}
