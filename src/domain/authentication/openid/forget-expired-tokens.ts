import type { Clock } from "../../kernel/clock.ts";
import type { UnitOfWork } from "../../kernel/unit-of-work.ts";
import type { OpenidTokenStore } from "./openid-token-store.ts";

export async function forgetExpiredTokens(deps: {
  readonly unitOfWork: UnitOfWork<{ readonly openidTokens: OpenidTokenStore }>;
  readonly clock: Clock;
}): Promise<void> {
  await deps.unitOfWork.run({}, ({ openidTokens }) => openidTokens.forgetExpired(deps.clock.now()));
}
