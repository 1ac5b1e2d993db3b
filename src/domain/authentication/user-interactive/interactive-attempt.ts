import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { Random } from "../../kernel/random.ts";
import type { Snapshots, UnitOfWork } from "../../kernel/unit-of-work.ts";
import type { CheckPasswordDeps, PasswordStores, VerifiedPassword } from "../check-password.ts";
import type { InteractiveSessionStore } from "./interactive-session-store.ts";
import type { Flow } from "./user-interactive-auth-required.ts";

/** A request that may need user-interactive authentication. */
export interface InteractiveAttempt {
  readonly method: string;
  readonly path: string;
  /** The whole body, `auth` included. */
  readonly body: JsonObject;
  /** Absent where nobody is logged in yet: registration. */
  readonly userId?: UserId;
  /** The caller's address. */
  readonly ip: string;
  readonly flows: readonly Flow[];
  /** An appservice makes the request with its own token: it has shown who it is (rule X1, MSC4190). */
  readonly byAppservice?: boolean;
  /** What `m.login.registration_token` accepts; without one that stage always fails. */
  readonly registrationToken?: string;
}

/** A flow was passed. Good for one request, in whose unit `consumeProof` uses it up. */
export interface InteractiveProof {
  /** `undefined` where the client passed the flow in its first request, without a session. */
  readonly sessionId: string | undefined;
  readonly password: VerifiedPassword | undefined;
  /** Ms since the epoch. */
  readonly passedAt: number;
}

/** What a unit needs for `consumeProof`. */
export interface ProofStores extends PasswordStores {
  readonly interactiveSessions: InteractiveSessionStore;
}

/** What `checkInteractiveAuth` and `challenge` need. */
export interface InteractiveAuthDeps extends CheckPasswordDeps {
  readonly unitOfWork: UnitOfWork<ProofStores>;
  readonly snapshots: Snapshots<ProofStores>;
  readonly random: Random;
  readonly serverName: ServerName;
}

/** Flows of the endpoints whose caller is logged in: the password once more. */
export const passwordFlows: readonly Flow[] = [{ stages: ["m.login.password"] }];

/** How long a session can be used, in ms. */
export const sessionLifetime = 15 * 60_000;
