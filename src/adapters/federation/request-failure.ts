import type { RemoteFailure } from "../../domain/federation-out/remote-answer.ts";
import { requestFault } from "../../protocol/request-error.ts";
import { type Deadline, outOfTime, serverStops } from "./deadlines.ts";

/** It was not asked: requests to it, or to all, are as many as there may be. */
export const crowded: RemoteFailure = { kind: "spared", error: "too many requests wait" };

export function timedOut(milliseconds: number): RemoteFailure {
  return { kind: "timeout", error: `it has not answered within ${milliseconds} ms` };
}

export function unreadable(error: string, status?: number): RemoteFailure {
  return { kind: "unreadable", error, ...(status !== undefined && { status }) };
}

/** Why a request that had a deadline has ended with an error. */
export function failureOf(error: unknown, { signal, milliseconds }: Deadline): RemoteFailure {
  if (!signal.aborted) return requestFault(error);
  if (signal.reason === outOfTime) return timedOut(milliseconds);
  return { kind: "unreachable", error: signal.reason === serverStops ? "this server stops" : "it was called off" };
}
