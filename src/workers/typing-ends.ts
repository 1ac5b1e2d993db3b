import { type EndTypingDeps, endTyping } from "../domain/typing/end-typing.ts";
import type { TypingEnds } from "../domain/typing/set-typing.ts";
import { Bell } from "./bell.ts";
import type { WorkerLog } from "./worker-log.ts";

export interface TypingEndsOptions extends EndTypingDeps {
  readonly log: WorkerLog;
}

/** Ms until the next attempt when the database has failed. */
const pauseAfterFailure = 10_000;

/**
 * Ends the typing of users who do not say so themselves, at its time. As long as nobody types it asks for nothing; what
 * a process that was killed leaves behind is ended by the cleaner.
 */
export function startTypingEnds(options: TypingEndsOptions): TypingEnds & { stop(): Promise<void> } {
  const bell = new Bell();
  const stopping = new AbortController();
  let next = Number.POSITIVE_INFINITY;
  const running = run();
  return {
    expect(endsAt) {
      if (endsAt < next) bell.ring();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function run(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      bell.quiet();
      // Whoever begins while it looks may not be seen.
      next = Number.POSITIVE_INFINITY;
      next = await nextEnd();
      const wait = next === Number.POSITIVE_INFINITY ? undefined : Math.max(0, next - options.clock.now());
      await bell.wait(signal, wait);
    }
  }

  async function nextEnd(): Promise<number> {
    try {
      return (await endTyping(options)) ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      options.log.error("typing could not be ended", { error });
      return options.clock.now() + pauseAfterFailure;
    }
  }
}
