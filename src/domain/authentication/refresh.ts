import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Random } from "../kernel/random.ts";
import type { Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
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
  readonly snapshots: Snapshots<TokenStores>;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * A new pair of tokens for a refresh token, which stays good until one of the new ones is used: a client whose answer
 * was lost refreshes once more. https://spec.matrix.org/v1.19/client-server-api/#refreshing-access-tokens
 *
 * @throws MatrixError 401 `M_UNKNOWN_TOKEN`
 */
export async function refresh(deps: RefreshDeps, refreshToken: string): Promise<IssuedTokens> {
  const digest = tokenDigest(refreshToken);
  const owner = await deps.snapshots.read((stores) => stores.refreshTokens.findByDigest(digest));
  if (!owner) throw unknownToken();
  return deps.unitOfWork.run({ exclusive: [owner.userId] }, async (stores) => {
    const used = await stores.refreshTokens.findByDigest(digest);
    if (!used) throw unknownToken();
    await endPredecessor(stores, used);
    await limitSuccessors(stores, used);
    return issueTokenPair(deps, stores, used, used.digest);
  });
}

/** The device may be there: its client keeps its keys and logs in anew. */
function unknownToken(): MatrixError {
  return new MatrixError("M_UNKNOWN_TOKEN", "Unknown refresh token", { fields: { soft_logout: true } });
}
