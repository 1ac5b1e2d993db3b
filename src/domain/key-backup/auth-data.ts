import { type JsonObject, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/** Characters: a public key, and a signature for each device of the user. */
const longestAuthData = 65_536;

/** @throws MatrixError `M_BAD_JSON`, `M_TOO_LARGE` */
export function authDataText(authData: JsonObject): string {
  requireStorable(authData, "auth_data");
  const text = JSON.stringify(authData);
  if (text.length <= longestAuthData) return text;
  throw new MatrixError("M_TOO_LARGE", `auth_data has more than ${longestAuthData} characters`);
}
