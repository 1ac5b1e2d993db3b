import { MatrixError } from "../../protocol/matrix-error.ts";

/** Types that the server keeps by itself. */
const managedByServer: readonly string[] = ["m.fully_read", "m.push_rules"];

/** @throws MatrixError `M_BAD_JSON` */
export function requireNotManaged(type: string): void {
  if (managedByServer.includes(type)) throw new MatrixError("M_BAD_JSON", `${type} is not set through this API`);
}
