import { type RoomVersionId, roomVersionIds } from "../../../protocol/events/room-version.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

/** What a client cannot do here is named too: absent means "can" for most of them. */
const capabilities = {
  "m.change_password": { enabled: true },
  "m.set_displayname": { enabled: true },
  "m.set_avatar_url": { enabled: true },
  "m.profile_fields": { enabled: true },
  "m.3pid_changes": { enabled: false },
  "m.get_login_token": { enabled: false },
};

const stableVersions = Object.fromEntries(roomVersionIds.map((id) => [id, "stable"]));

export const getCapabilitiesEndpoint: Endpoint<{ readonly defaultRoomVersion: RoomVersionId }> = {
  operationId: "getCapabilities",
  method: "GET",
  paths: clientPaths("/capabilities", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3capabilities",

  async handle({ defaultRoomVersion }) {
    const roomVersions = { default: defaultRoomVersion, available: stableVersions };
    return { capabilities: { ...capabilities, "m.room_versions": roomVersions } };
  },
};
