import { deepestJson, jsonExtent, mostJsonValues } from "../../protocol/json-extent.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { BodyTooLargeError } from "./body-too-large-error.ts";

/**
 * Looks at the bytes of a body before they are parsed (rule E2): so that no body, however it nests, costs more than
 * reading it once.
 *
 * @throws MatrixError `M_BAD_JSON` when it nests too deep, BodyTooLargeError when it has too many members
 */
export function inspectJson(body: Buffer): void {
  const { depth, values } = jsonExtent(body);
  if (depth > deepestJson) throw new MatrixError("M_BAD_JSON", `The body nests deeper than ${deepestJson} levels`);
  if (values > mostJsonValues) throw new BodyTooLargeError(`The body has more than ${mostJsonValues} values`);
}
