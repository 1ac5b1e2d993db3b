import { MatrixError } from "../../protocol/matrix-error.ts";
import { inspectJson } from "./inspect-json.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parses a request's body; an empty one is `undefined`.
 * @throws MatrixError `M_NOT_JSON`, or what `inspectJson` says
 */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  inspectJson(body);
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    throw new MatrixError("M_NOT_JSON", "The body is not valid JSON");
  }
}
