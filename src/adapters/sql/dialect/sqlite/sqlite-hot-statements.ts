import type { HotStatements } from "../hot-statements.ts";
import { appserviceStatements } from "./hot/appservice-statements.ts";
import { claimStatements } from "./hot/claim-statements.ts";
import { deviceChangeStatements } from "./hot/device-change-statements.ts";
import { eventStatements } from "./hot/event-statements.ts";
import { federationStatements } from "./hot/federation-statements.ts";
import { keyBackupStatements } from "./hot/key-backup-statements.ts";
import { membershipStatements } from "./hot/membership-statements.ts";
import { queryStatements } from "./hot/query-statements.ts";
import { relationStatements } from "./hot/relation-statements.ts";
import { remoteDeviceListStatements } from "./hot/remote-device-list-statements.ts";
import { requesterStatements } from "./hot/requester-statements.ts";
import { roomStateStatements } from "./hot/room-state-statements.ts";
import { roomStatements } from "./hot/room-statements.ts";
import { roomSyncStatements } from "./hot/room-sync-statements.ts";
import { sendingStatements } from "./hot/sending-statements.ts";
import { sentEventStatements } from "./hot/sent-event-statements.ts";
import { syncStatements } from "./hot/sync-statements.ts";
import { uploadStatements } from "./hot/upload-statements.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

export function sqliteHotStatements(connection: SqliteConnection): HotStatements {
  return {
    ...requesterStatements(connection),
    ...appserviceStatements(connection),
    ...claimStatements(connection),
    ...deviceChangeStatements(connection),
    ...federationStatements(connection),
    ...keyBackupStatements(connection),
    ...queryStatements(connection),
    ...remoteDeviceListStatements(connection),
    ...sendingStatements(connection),
    ...syncStatements(connection),
    ...eventStatements(connection),
    ...relationStatements(connection),
    ...membershipStatements(connection),
    ...roomStatements(connection),
    ...roomStateStatements(connection),
    ...roomSyncStatements(connection),
    ...sentEventStatements(connection),
    ...uploadStatements(connection),
  };
}
