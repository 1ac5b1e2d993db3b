import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import { endPredecessor, type TokenStores, tokenDigest } from "./token-pair.ts";

export interface FindRequesterDeps {
  readonly snapshots: Snapshots<Pick<TokenStores, "accessTokens">>;
  readonly unitOfWork: UnitOfWork<TokenStores>;
  readonly clock: Clock;
}

/**
 * Who holds this access token. One read; a write only when a token that was had by refreshing is first used.
 * @throws MatrixError 401 `M_UNKNOWN_TOKEN`, with `soft_logout` when it has expired and can be refreshed
 */
export async function findRequester(deps: FindRequesterDeps, token: string): Promise<Requester> {
  const accessTokenDigest = tokenDigest(token);
  const found = await deps.snapshots.ask((stores) => stores.accessTokens.findByDigest(accessTokenDigest));
  if (found === undefined) throw unknownToken();
  if (found.expiresAt !== undefined && found.expiresAt <= deps.clock.now()) {
    throw new MatrixError("M_UNKNOWN_TOKEN", "The access token has expired", { fields: { soft_logout: true } });
  }
  if (found.predecessor !== undefined) await noteFirstUse(deps, found.userId, accessTokenDigest);
  return { userId: found.userId, deviceId: found.deviceId, accessTokenDigest };
}

async function noteFirstUse(deps: FindRequesterDeps, userId: UserId, digest: Buffer): Promise<void> {
  const stillThere = await deps.unitOfWork.run({ exclusive: [userId] }, async (stores) => {
    const refreshDigest = await stores.accessTokens.findRefreshDigest(digest);
    const pair = refreshDigest && (await stores.refreshTokens.findByDigest(refreshDigest));
    if (pair) await endPredecessor(stores, pair);
    return pair !== undefined;
  });
  // Another pair that replaces the same one was used first.
  if (!stillThere) throw unknownToken();
}

/** The answer to a request that needs a token and has none. */
export function missingToken(): MatrixError {
  return new MatrixError("M_MISSING_TOKEN", "Missing access token");
}

/** The answer to a token that is none, or that has ended with its device. */
export function unknownToken(): MatrixError {
  return new MatrixError("M_UNKNOWN_TOKEN", "Unknown access token", { fields: { soft_logout: false } });
}
