import { type ClientDescription, describeClient } from "../../../domain/accounts/begin-session.ts";
import type { Call } from "../../endpoint.ts";
import { flagOrNull, textOrNull } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";

/** Members by which a client describes itself in `register` and `login`. */
export const clientMembers = {
  device_id: textOrNull,
  initial_device_display_name: textOrNull,
  refresh_token: flagOrNull,
};

/** @throws MatrixError `M_INVALID_PARAM`, `M_TOO_LARGE`, `M_BAD_JSON` naming the member */
export function clientOfCall({ body, ip }: Call): ClientDescription {
  return describeClient({
    deviceId: textOf(body["device_id"]),
    displayName: textOf(body["initial_device_display_name"]),
    refreshes: body["refresh_token"] === true,
    ip,
  });
}
