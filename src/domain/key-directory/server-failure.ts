/** Why a server's users are missing from an answer (rules C5, Q4): what stands in `failures`. */
export interface ServerFailure {
  /** As an HTTP status would say it. */
  readonly status: number;
  readonly errcode: "M_UNAVAILABLE" | "M_UNKNOWN";
  readonly error: string;
}

/** This server does not speak to others. */
export const notFederated: ServerFailure = {
  status: 503,
  errcode: "M_UNAVAILABLE",
  error: "This server does not federate",
};
