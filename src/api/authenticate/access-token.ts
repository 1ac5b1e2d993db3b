import { MatrixError } from "../../protocol/matrix-error.ts";

/**
 * The access token of a request: the `Authorization` header, or the `access_token` of the query that old clients send.
 * https://spec.matrix.org/v1.19/client-server-api/#using-access-tokens
 *
 * @throws MatrixError 401 `M_MISSING_TOKEN`
 */
export function accessTokenOf(authorization: string | undefined, queryToken: unknown): string {
  const [scheme, token] = authorization?.split(" ", 2) ?? [];
  if (scheme?.toLowerCase() === "bearer" && token) return token;
  if (typeof queryToken === "string" && queryToken !== "") return queryToken;
  throw new MatrixError("M_MISSING_TOKEN", "Missing access token");
}
