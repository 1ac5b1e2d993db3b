import type { RemoteFailure } from "./remote-answer.ts";

/** Why a server's users are missing from an answer (rules C5, Q4): what stands in `failures`. */
export interface ServerFailure {
  /** As an HTTP status would say it. */
  readonly status: number;
  readonly errcode: "M_UNAVAILABLE" | "M_UNKNOWN";
  readonly error: string;
}

/** What clients are told of a failure. */
export function serverFailure({ kind, error, status }: RemoteFailure): ServerFailure {
  switch (kind) {
    case "timeout":
      return { status: 504, errcode: "M_UNAVAILABLE", error };
    case "status":
    case "unreadable":
      return { status: status !== undefined && status >= 400 ? status : 502, errcode: "M_UNKNOWN", error };
    default:
      return { status: 503, errcode: "M_UNAVAILABLE", error };
  }
}
