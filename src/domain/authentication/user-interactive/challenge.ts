import { hash } from "node:crypto";
import { canonicalJson } from "../../../protocol/canonical-json.ts";
import type { Errcode } from "../../../protocol/errcodes.ts";
import { randomSecret } from "../../kernel/random.ts";
import type { InteractiveAttempt, InteractiveAuthDeps } from "./interactive-attempt.ts";
import type { InteractiveOperation } from "./interactive-session-store.ts";
import { UserInteractiveAuthRequired } from "./user-interactive-auth-required.ts";

/** Why the stage that was just tried failed. */
export interface StageFailure {
  readonly errcode: Errcode;
  readonly error: string;
}

/**
 * Asks for user-interactive authentication: creates a session that is bound to this request.
 *
 * @param so what the client has achieved already: stages passed, or why its stage failed
 * @throws UserInteractiveAuthRequired always
 */
export async function challenge(
  deps: Pick<InteractiveAuthDeps, "unitOfWork" | "random" | "clock">,
  attempt: InteractiveAttempt,
  so: { readonly completed?: readonly string[]; readonly failure?: StageFailure } = {},
): Promise<never> {
  const { completed = [], failure } = so;
  const operation = operationOf(attempt);
  const sessionId = randomSecret(deps.random);
  const session = { ...operation, sessionId, completed, createdAt: deps.clock.now(), consumed: false };
  await deps.unitOfWork.run({}, (stores) => stores.interactiveSessions.add(session));
  throw new UserInteractiveAuthRequired({
    session: sessionId,
    flows: attempt.flows,
    completed,
    ...(failure && { failure }),
  });
}

/**
 * What a session is bound to.
 * @throws MatrixError `M_BAD_JSON` for a body that has no canonical JSON
 */
export function operationOf(attempt: InteractiveAttempt): InteractiveOperation {
  const { auth: _, ...asked } = attempt.body;
  const bodyDigest = hash("sha256", canonicalJson(asked), "buffer");
  return { method: attempt.method, path: attempt.path, bodyDigest, userId: attempt.userId };
}
