import { checkedFetch } from "../openapi/checking-fetch.ts";
import type { Random } from "../races/key-requests.ts";
import { isUnanswered, type KillableServer, pickRunning } from "../races/killable-server.ts";

/** In the place of a server's URL: requests to it go to any of them. */
export const anyServerUrl = "http://any-server";

/** Far more than servers die while a request is on its way. */
const mostAttempts = 20;

/**
 * As a load balancer: each request goes to one of the servers that run, and to another one when its server dies before it
 * has answered.
 */
export function fetchFromAny(servers: readonly KillableServer[], random: Random): typeof fetch {
  return async (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    for (let attempt = 1; ; attempt++) {
      try {
        return await checkedFetch(new URL(pathname + search, pickRunning(random, servers).url), init);
      } catch (error) {
        if (!isUnanswered(error) || attempt === mostAttempts) throw error;
      }
    }
  };
}
