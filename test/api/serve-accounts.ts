import type { TestContext } from "node:test";
import { accountEndpoints } from "../../src/api/client/accounts/endpoints.ts";
import { deviceEndpoints } from "../../src/api/client/devices/endpoints.ts";
import { pushRuleEndpoints } from "../../src/api/client/push-rules/endpoints.ts";
import { serverEndpoints } from "../../src/api/client/server/endpoints.ts";
import type { Endpoint } from "../../src/api/endpoint.ts";
import { createHttpServer } from "../../src/api/http-server.ts";
import { type House, openHouse } from "../domain/open-house.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** The endpoints of accounts and devices on a port of their own. Every answer is held against the specification. */
export async function serveAccounts(t: TestContext, so: Partial<House> = {}) {
  const house: House = { ...(await openHouse(t)), ...so };
  const endpoints: readonly Endpoint<House>[] = [
    ...accountEndpoints,
    ...deviceEndpoints,
    ...pushRuleEndpoints,
    ...serverEndpoints,
  ];
  const server = createHttpServer(endpoints, house, {
    ...{ tls: undefined, maxBodyBytes: 100_000, limiter: undefined, plainRoutes: [] },
    log: {
      finished: () => undefined,
      failed: (operationId, _request, cause) => console.error(operationId, cause),
    },
  });
  const url = await server.listen({ port: 0, host: "127.0.0.1" });
  t.after(() => server.close());

  /** `path` without `/_matrix/client/v3`, unless it begins with `/_matrix` or `/.well-known`. */
  async function call(method: string, path: string, options: { token?: string; body?: unknown } = {}): Promise<Answer> {
    const { token, body } = options;
    const prefix = /^\/(_matrix|\.well-known)\//.test(path) ? "" : "/_matrix/client/v3";
    const response = await checkedFetch(`${url}${prefix}${path}`, {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer["body"], headers: response.headers };
  }
  return { house, url, call };
}
