import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { LoginThrottleStore } from "./login-throttle-store.ts";
import { throttleLifetime } from "./throttle-logins.ts";
import { sessionLifetime } from "./user-interactive/interactive-attempt.ts";
import type { InteractiveSessionStore } from "./user-interactive/interactive-session-store.ts";

export interface ForgetOldAttemptsDeps {
  readonly unitOfWork: UnitOfWork<{ loginThrottles: LoginThrottleStore; interactiveSessions: InteractiveSessionStore }>;
  readonly clock: Clock;
}

/** Called now and then: deletes the user-interactive sessions that have expired, and throttles that say nothing more. */
export function forgetOldAttempts(deps: ForgetOldAttemptsDeps): Promise<void> {
  const now = deps.clock.now();
  return deps.unitOfWork.run({}, async (stores) => {
    await stores.interactiveSessions.removeBefore(now - sessionLifetime);
    await stores.loginThrottles.forgetBefore(now - throttleLifetime);
  });
}
