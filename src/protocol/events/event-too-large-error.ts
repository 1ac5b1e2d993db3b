import { MatrixError } from "../matrix-error.ts";

/** An event over the size limits: 413, unlike other uses of `M_TOO_LARGE`. */
export class EventTooLargeError extends MatrixError {
  constructor(message: string) {
    super("M_TOO_LARGE", message);
  }
}
