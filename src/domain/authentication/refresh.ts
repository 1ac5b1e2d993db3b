import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Random } from "../kernel/random.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import {
  endPredecessor,
  type IssuedTokens,
  issueTokenPair,
  limitSuccessors,
  type TokenStores,
  tokenDigest,
} from "./token-pair.ts";

export interface RefreshDeps {
  readonly unitOfWork: UnitOfWork<TokenStores>;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * A new pair of tokens for a refresh token, which stays good until one of the new ones is used: a client whose answer
 * was lost refreshes once more. https://spec.matrix.org/v1.19/client-server-api/#refreshing-access-tokens
 *
 * @throws MatrixError 401 `M_UNKNOWN_TOKEN`
 */
export function refresh(deps: RefreshDeps, refreshToken: string): Promise<IssuedTokens> {
  return deps.unitOfWork.run(async (stores) => {
    const used = await stores.refreshTokens.findByDigest(tokenDigest(refreshToken));
    if (!used) {
      // The device may be there: its client keeps its keys and logs in anew.
      throw new MatrixError("M_UNKNOWN_TOKEN", "Unknown refresh token", { fields: { soft_logout: true } });
    }
    await endPredecessor(stores, used);
    await limitSuccessors(stores, used);
    return issueTokenPair(deps, stores, used, used.digest);
  });
}
