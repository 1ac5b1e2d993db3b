/** Endpoints that share one limit of requests per second. */
export type RouteGroup = "login" | "register" | "keys" | "claims" | "messages" | "sync" | "federation" | "other";

/** Acts whose rates are not the operator's to choose. `strangers`: this server asks one it knows nothing of for its keys. */
export type FixedGroup = "strangers";

/** Requests per second that are let through in the long run, and how many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}
