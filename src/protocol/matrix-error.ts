import type { Errcode } from "./errcodes.ts";
import type { JsonObject } from "./json-value.ts";

/**
 * A refusal that the caller of the API is told, as the standard error body. The HTTP status belongs to `src/api/`.
 * Source: https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 */
export class MatrixError extends Error {
  override readonly name = "MatrixError";
  readonly errcode: Errcode;
  /** Further members of the error body, beside `errcode` and `error`. */
  readonly fields: JsonObject;
  /** For the log only; never sent. */
  readonly detail: string | undefined;

  /**
   * @param errcode the code of the catalogue
   * @param message the text that the client sees, sent as `error`
   * @param options `fields`: further members of the body; `detail`: for the log; `cause`: what led to it
   */
  constructor(errcode: Errcode, message: string, options?: { fields?: JsonObject; detail?: string; cause?: unknown }) {
    super(message, options !== undefined && "cause" in options ? { cause: options.cause } : undefined);
    this.errcode = errcode;
    this.fields = options?.fields ?? {};
    this.detail = options?.detail;
  }
}
