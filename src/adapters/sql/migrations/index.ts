import { accountsAndKeys } from "./0001-accounts-and-keys.ts";
import { federation } from "./0002-federation.ts";
import { keyBackup } from "./0003-key-backup.ts";
import { rooms } from "./0004-rooms.ts";
import type { Migration } from "./migration.ts";

/** In order; a database's version is the number of migrations that it has seen. */
export const migrations: readonly Migration[] = [accountsAndKeys, federation, keyBackup, rooms];
