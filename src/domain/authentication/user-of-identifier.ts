import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { parseUserId, serverNameOf, type UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/**
 * The local user that an `m.login.password` names: by `identifier` of the type `m.id.user`, or by the deprecated `user`;
 * a localpart or a whole user id. `undefined` when no user of this server can have that name.
 * https://spec.matrix.org/v1.19/client-server-api/#matrix-user-id
 *
 * @throws MatrixError `M_MISSING_PARAM` when no user is named, `M_BAD_JSON` for a wrong shape, `M_UNKNOWN` for another
 * type of identifier
 */
export function userOfIdentifier(login: JsonObject, serverName: ServerName): UserId | undefined {
  const name = nameOf(login);
  // Local names are lower-case; phones begin what is typed with a capital.
  const localpart = name.startsWith("@") ? undefined : name.toLowerCase();
  const userId = parseUserId(localpart === undefined ? name : `@${localpart}:${serverName}`);
  return userId !== undefined && serverNameOf(userId) === serverName ? userId : undefined;
}

function nameOf({ identifier, user }: JsonObject): string {
  if (identifier === undefined || identifier === null) {
    if (typeof user === "string") return user;
    throw new MatrixError("M_MISSING_PARAM", '"identifier" is missing');
  }
  if (!isJsonObject(identifier)) throw new MatrixError("M_BAD_JSON", '"identifier" must be an object');
  if (identifier["type"] !== "m.id.user") {
    throw new MatrixError("M_UNKNOWN", 'Users are known here by their names only: "m.id.user"');
  }
  if (typeof identifier["user"] === "string") return identifier["user"];
  throw new MatrixError("M_MISSING_PARAM", '"identifier.user" must be a string');
}
