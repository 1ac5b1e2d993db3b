import type { FastifyRequest } from "fastify";

/**
 * The access token of a request: the `Authorization` header, or the `access_token` of the query that old clients send.
 * https://spec.matrix.org/v1.19/client-server-api/#using-access-tokens
 */
export function accessTokenOf({ headers, query }: Pick<FastifyRequest, "headers" | "query">): string | undefined {
  const [scheme, token] = headers.authorization?.split(" ", 2) ?? [];
  if (scheme?.toLowerCase() === "bearer" && token) return token;
  const { access_token: queryToken } = query as Record<string, unknown>;
  return typeof queryToken === "string" && queryToken !== "" ? queryToken : undefined;
}
