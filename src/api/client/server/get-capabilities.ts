import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

/** What a client cannot do here is named too: absent means "can" for most of them. */
const capabilities = {
  "m.change_password": { enabled: true },
  "m.set_displayname": { enabled: false },
  "m.set_avatar_url": { enabled: false },
  "m.profile_fields": { enabled: false },
  "m.3pid_changes": { enabled: false },
  "m.get_login_token": { enabled: false },
};

export const getCapabilitiesEndpoint: Endpoint<object> = {
  operationId: "getCapabilities",
  method: "GET",
  paths: clientPaths("/capabilities", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3capabilities",

  async handle() {
    return { capabilities };
  },
};
