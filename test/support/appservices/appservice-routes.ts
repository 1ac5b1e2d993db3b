/** What an application service can be asked. */
export type Route = "transactions" | "users" | "rooms" | "ping" | "claim" | "query";

export interface ReceivedRequest {
  /** `undefined`: a path that is none of an application service. */
  readonly route: Route | undefined;
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /** Behind the `?`; empty without one. */
  readonly query: string;
  /** The header, `Bearer …`. */
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the parsed body, looked into freely; `undefined` when it is no JSON.
  readonly body: any;
  /** The status of the answer as soon as all of it is sent. */
  answered: number | undefined;
}

/** How a request is answered. */
export interface Reply {
  /** 200, unless given. */
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** JSON; `{}`, unless given. */
  readonly body?: unknown;
  /** Instead of `body`: sent as it is. */
  readonly text?: string;
  /** Sends the answer a byte at a time, with so many ms between them. */
  readonly drip?: number;
  /** Ends the connection after half of the answer's body. */
  readonly breakOff?: boolean;
  /** Ends the connection without an answer. */
  readonly hangUp?: boolean;
}

export type Behaviour = (request: ReceivedRequest) => Reply | Promise<Reply>;

export const unrecognized: Reply = {
  status: 404,
  body: { errcode: "M_UNRECOGNIZED", error: "Unrecognized request" },
};

const patterns: readonly (readonly [Route, string, RegExp])[] = [
  ["transactions", "PUT", /^(\/_matrix\/app\/v1)?\/transactions\/[^/]+$/],
  ["users", "GET", /^(\/_matrix\/app\/v1)?\/users\/[^/]+$/],
  ["rooms", "GET", /^(\/_matrix\/app\/v1)?\/rooms\/[^/]+$/],
  ["ping", "POST", /^\/_matrix\/app\/v1\/ping$/],
  ["claim", "POST", /^\/_matrix\/app\/(v1|unstable\/org\.matrix\.msc3983)\/keys\/claim$/],
  ["query", "POST", /^\/_matrix\/app\/(v1|unstable\/org\.matrix\.msc3984)\/keys\/query$/],
];

export function routeOf(method: string, path: string): Route | undefined {
  return patterns.find(([, ofRoute, pattern]) => ofRoute === method && pattern.test(path))?.[0];
}

/** What an application service does that only takes transactions. */
export function plainBehaviours(): Record<Route, Behaviour> {
  return {
    transactions: () => ({}),
    users: () => ({ status: 404, body: { errcode: "M_NOT_FOUND", error: "No such user" } }),
    rooms: () => ({ status: 404, body: { errcode: "M_NOT_FOUND", error: "No such room" } }),
    ping: () => ({}),
    claim: () => unrecognized,
    query: () => unrecognized,
  };
}
