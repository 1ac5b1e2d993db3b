import type { HotStatements } from "../hot-statements.ts";
import { appserviceStatements } from "./hot/appservice-statements.ts";
import { claimStatements } from "./hot/claim-statements.ts";
import { deviceChangeStatements } from "./hot/device-change-statements.ts";
import { federationStatements } from "./hot/federation-statements.ts";
import { keyBackupStatements } from "./hot/key-backup-statements.ts";
import { queryStatements } from "./hot/query-statements.ts";
import { remoteDeviceListStatements } from "./hot/remote-device-list-statements.ts";
import { requesterStatements } from "./hot/requester-statements.ts";
import { sendingStatements } from "./hot/sending-statements.ts";
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
    ...uploadStatements(connection),
  };
}
