import type { RemoteFailure } from "../../domain/federation-out/remote-answer.ts";
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
  if (!signal.aborted) return thrown(error);
  if (signal.reason === outOfTime) return timedOut(milliseconds);
  return { kind: "unreachable", error: signal.reason === serverStops ? "this server stops" : "it was called off" };
}

/** Only the code is told: a message may quote what was sent, or what the other server said. */
function thrown(error: unknown): RemoteFailure {
  const code = codeOf(error);
  if (code.endsWith("_TIMEOUT") || code === "ETIMEDOUT") return { kind: "timeout", error: `it is too slow (${code})` };
  if (/^(HPE_|HTTPParserError|UND_ERR_RES|UND_ERR_HEADERS_OVERFLOW)/.test(code)) {
    return unreadable(`it does not speak HTTP (${code})`);
  }
  return { kind: "unreachable", error: `it cannot be reached (${code})` };
}

/** The connection has ended, of which the other side need not have noticed that there was a request. */
export function isHangUp(error: unknown): boolean {
  return ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
