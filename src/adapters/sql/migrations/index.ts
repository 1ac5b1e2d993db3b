import { accountsAndKeys } from "./0001-accounts-and-keys.ts";
import type { Migration } from "./migration.ts";

/** In order; a database's version is the number of migrations that it has seen. */
export const migrations: readonly Migration[] = [accountsAndKeys];
