import { OutsideNamespaceError } from "../domain/appservices/outside-namespace-error.ts";
import { UserInteractiveAuthRequired } from "../domain/authentication/user-interactive/user-interactive-auth-required.ts";
import { StorageUnavailableError } from "../domain/kernel/storage-unavailable-error.ts";
import type { Errcode } from "../protocol/errcodes.ts";
import { EventTooLargeError } from "../protocol/events/event-too-large-error.ts";
import { MatrixError } from "../protocol/matrix-error.ts";
import { BodyTooLargeError } from "./reading/body-too-large-error.ts";

export interface ErrorAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
  /** What the log is told; `undefined` for the ordinary refusals of a request. */
  readonly logged?: unknown;
}

/** The HTTP status of each errcode; 400 for those not named. */
const statuses: Partial<Record<Errcode, number>> = {
  M_BAD_STATUS: 502,
  M_CONNECTION_FAILED: 502,
  M_CONNECTION_TIMEOUT: 504,
  M_FORBIDDEN: 403,
  M_EXCLUSIVE: 400,
  M_GUEST_ACCESS_FORBIDDEN: 403,
  M_LIMIT_EXCEEDED: 429,
  M_MISSING_TOKEN: 401,
  M_NOT_FOUND: 404,
  M_THREEPID_DENIED: 403,
  M_UNAUTHORIZED: 401,
  M_UNKNOWN_TOKEN: 401,
  M_UNRECOGNIZED: 404,
  M_USER_DEACTIVATED: 403,
  M_WRONG_ROOM_KEYS_VERSION: 403,
};

/** Shapes whatever a handler threw into the standard error body (rule E1). */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof MatrixError) return refusal(error);
  if (error instanceof BodyTooLargeError) {
    return { status: 413, body: { errcode: "M_TOO_LARGE", error: error.message }, headers: {} };
  }
  if (error instanceof UserInteractiveAuthRequired) return { status: 401, body: error.body(), headers: {} };
  if (error instanceof StorageUnavailableError) {
    const body = { errcode: "M_UNKNOWN", error: "The database is not available: try again" };
    return { status: 503, body, headers: { "retry-after": "2" }, logged: error };
  }
  return { status: 500, body: { errcode: "M_UNKNOWN", error: "Internal server error" }, headers: {}, logged: error };
}

function refusal(error: MatrixError): ErrorAnswer {
  const body = { errcode: error.errcode, error: error.message, ...error.fields };
  const status = statusOf(error);
  const wait = error.fields["retry_after_ms"];
  const headers: Record<string, string> = {};
  if (typeof wait === "number") headers["retry-after"] = String(Math.ceil(wait / 1000));
  return error.detail === undefined ? { status, body, headers } : { status, body, headers, logged: error.detail };
}

function statusOf(error: MatrixError): number {
  if (error instanceof OutsideNamespaceError) return 403;
  return error instanceof EventTooLargeError ? 413 : (statuses[error.errcode] ?? 400);
}
