/** Endpoints that share one limit of requests per second. */
export type RouteGroup = "login" | "register" | "keys" | "claims" | "messages" | "sync" | "other";

/** Requests per second that are let through in the long run, and how many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}
