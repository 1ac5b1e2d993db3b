import { MatrixError } from "../../protocol/matrix-error.ts";

/** An appservice reaches for a user outside of its namespaces: 403, unlike the other uses of `M_EXCLUSIVE`. */
export class OutsideNamespaceError extends MatrixError {
  constructor() {
    super("M_EXCLUSIVE", "This user is in none of the appservice's namespaces");
  }
}
