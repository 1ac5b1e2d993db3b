import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../../protocol/matrix-error.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Snapshots } from "../../kernel/unit-of-work.ts";
import { tokenDigest } from "../token-pair.ts";
import type { OpenidTokenStore } from "./openid-token-store.ts";

export interface FindOpenidUserDeps {
  readonly snapshots: Snapshots<{ readonly openidTokens: OpenidTokenStore }>;
  readonly clock: Clock;
}

/**
 * Whose token it is.
 * @throws MatrixError 401 `M_UNKNOWN_TOKEN`
 */
export async function findOpenidUser({ snapshots, clock }: FindOpenidUserDeps, token: string): Promise<UserId> {
  const userId = await snapshots.ask(({ openidTokens }) => openidTokens.findUser(tokenDigest(token), clock.now()));
  if (userId === undefined) throw new MatrixError("M_UNKNOWN_TOKEN", "The token is unknown or has expired");
  return userId;
}
