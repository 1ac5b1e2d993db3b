import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../../protocol/matrix-error.ts";
import type { Clock } from "../../kernel/clock.ts";
import { type Random, randomSecret } from "../../kernel/random.ts";
import type { Requester } from "../../kernel/requester.ts";
import type { UnitOfWork } from "../../kernel/unit-of-work.ts";
import { tokenDigest } from "../token-pair.ts";
import type { OpenidTokenStore } from "./openid-token-store.ts";

export interface RequestOpenidTokenDeps {
  readonly unitOfWork: UnitOfWork<{ readonly openidTokens: OpenidTokenStore }>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Seconds for which a token shows who somebody is. */
const lifetime = 3600;

/**
 * A token that its holder gives to a service, which asks this server whose it is. It is good for nothing else.
 * https://spec.matrix.org/v1.19/client-server-api/#openid
 *
 * @throws MatrixError 403 `M_FORBIDDEN` for another user than the requester
 */
export async function requestOpenidToken(
  { unitOfWork, clock, random }: RequestOpenidTokenDeps,
  requester: Requester,
  user: string,
): Promise<{ token: string; expiresInSeconds: number }> {
  const userId: UserId = requester.userId;
  if (user !== userId) throw new MatrixError("M_FORBIDDEN", "A token can be had only for oneself");
  const token = `clo_${randomSecret(random)}`;
  const expiresAt = clock.now() + lifetime * 1000;
  await unitOfWork.run({ shared: [userId] }, ({ openidTokens }) =>
    openidTokens.add(tokenDigest(token), userId, expiresAt),
  );
  return { token, expiresInSeconds: lifetime };
}
