import { isJsonObject, type JsonObject } from "../../../protocol/json.ts";
import { MatrixError } from "../../../protocol/matrix-error.ts";
import { challenge, operationOf, type StageFailure } from "./challenge.ts";
import { checkStage } from "./check-stage.ts";
import {
  type InteractiveAttempt,
  type InteractiveAuthDeps,
  type InteractiveProof,
  sessionLifetime,
} from "./interactive-attempt.ts";
import type { InteractiveOperation, InteractiveSession } from "./interactive-session-store.ts";
import { type Flow, UserInteractiveAuthRequired } from "./user-interactive-auth-required.ts";

/**
 * Before the unit: does what the request's `auth` asks for, the slow password check included.
 * https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 *
 * @returns the proof that a flow is passed, or that none is needed; `undefined` when the request has no `auth`
 * @throws UserInteractiveAuthRequired when the stage failed, the session is gone, or more stages are needed
 * @throws MatrixError 403 `M_FORBIDDEN` when the session belongs to another request, 429 `M_LIMIT_EXCEEDED` when
 * passwords were tried too often, `M_BAD_JSON`, `M_MISSING_PARAM`
 */
export async function checkInteractiveAuth(
  deps: InteractiveAuthDeps,
  attempt: InteractiveAttempt,
): Promise<InteractiveProof | undefined> {
  if (attempt.byAppservice) return { sessionId: undefined, password: undefined, passedAt: deps.clock.now() };
  const auth = authOf(attempt.body);
  if (auth === undefined) return undefined;
  const session = await findSession(deps, attempt, auth["session"]);
  const completed = session?.completed ?? [];
  const type = auth["type"];
  // Without a type the client asks whether what it did elsewhere was enough.
  if (type === undefined || (typeof type === "string" && completed.includes(type))) {
    return proofOrMore(deps, attempt, session, completed, undefined);
  }
  if (typeof type !== "string" || !nextStages(attempt.flows, completed).includes(type)) {
    return askAgain(deps, attempt, session, { errcode: "M_UNRECOGNIZED", error: "This stage is not offered here" });
  }
  const outcome = await checkStage(deps, attempt, type, auth);
  if (!outcome.passed) return askAgain(deps, attempt, session, outcome.failure);
  return proofOrMore(deps, attempt, session, [...completed, type], outcome.password);
}

/** Absent, null and `{}` all mean that the client has not begun. */
function authOf(body: JsonObject): JsonObject | undefined {
  const { auth } = body;
  if (auth === undefined || auth === null) return undefined;
  if (!isJsonObject(auth)) throw new MatrixError("M_BAD_JSON", '"auth" must be an object');
  return Object.keys(auth).length === 0 ? undefined : auth;
}

const sessionForm = /^[A-Za-z0-9_-]{43}$/;

/** The session that the client names; `undefined` when it names none. */
async function findSession(
  deps: InteractiveAuthDeps,
  attempt: InteractiveAttempt,
  sessionId: unknown,
): Promise<InteractiveSession | undefined> {
  if (sessionId === undefined || sessionId === null) return undefined;
  if (typeof sessionId !== "string") throw new MatrixError("M_BAD_JSON", '"auth.session" must be a string');
  const found = sessionForm.test(sessionId)
    ? await deps.snapshots.read((stores) => stores.interactiveSessions.findSession(sessionId))
    : undefined;
  if (found === undefined || found.consumed || found.createdAt < deps.clock.now() - sessionLifetime) {
    const error = "The session is unknown, has expired or was used already: start again";
    return challenge(deps, attempt, { failure: { errcode: "M_FORBIDDEN", error } });
  }
  if (!sameOperation(found, operationOf(attempt))) {
    throw new MatrixError("M_FORBIDDEN", "This authentication session was begun for another request");
  }
  return found;
}

function sameOperation(one: InteractiveOperation, other: InteractiveOperation): boolean {
  return (
    one.method === other.method &&
    one.path === other.path &&
    one.userId === other.userId &&
    one.bodyDigest.equals(other.bodyDigest)
  );
}

/** What may come next in the flows that begin with the completed stages. */
function nextStages(flows: readonly Flow[], completed: readonly string[]): string[] {
  return flows
    .filter(({ stages }) => completed.every((stage, index) => stages[index] === stage))
    .flatMap(({ stages }) => stages[completed.length] ?? []);
}

async function proofOrMore(
  deps: InteractiveAuthDeps,
  attempt: InteractiveAttempt,
  session: InteractiveSession | undefined,
  completed: readonly string[],
  password: InteractiveProof["password"],
): Promise<InteractiveProof> {
  const passed = attempt.flows.some(({ stages }) => stages.every((stage) => completed.includes(stage)));
  if (passed) return { sessionId: session?.sessionId, password, passedAt: deps.clock.now() };
  if (!session) return challenge(deps, attempt, { completed });
  const { sessionId } = session;
  if (completed.length > session.completed.length) {
    await deps.unitOfWork.run({}, (stores) => stores.interactiveSessions.putCompleted(sessionId, completed));
  }
  throw new UserInteractiveAuthRequired({ session: sessionId, flows: attempt.flows, completed });
}

async function askAgain(
  deps: InteractiveAuthDeps,
  attempt: InteractiveAttempt,
  session: InteractiveSession | undefined,
  failure: StageFailure,
): Promise<never> {
  if (!session) return challenge(deps, attempt, { failure });
  const { sessionId, completed } = session;
  throw new UserInteractiveAuthRequired({ session: sessionId, flows: attempt.flows, completed, failure });
}
