import { type Database, type DatabaseUse, openDatabase } from "../adapters/sql/open-database.ts";
import { systemClock } from "../adapters/system/system-clock.ts";
import { systemRandom } from "../adapters/system/system-random.ts";
import type { Config } from "../config/config.ts";
import { startable } from "./startup-error.ts";

/** @throws StartupError */
export function openFor({ database, dataDir, serverName }: Config, use: Omit<DatabaseUse, "dataDir" | "serverName">) {
  return startable(() => openDatabase(database, { ...use, dataDir, serverName }));
}

/** For a command beside a running server, or without one. @throws StartupError */
export function openForCommand(config: Config): Promise<Database> {
  return openFor(config, {
    clock: systemClock,
    random: systemRandom,
    wake: () => {},
    wakeAll: () => {},
    timer: () => {},
    role: "command",
    watchdog: false,
    onRestore: async () => {},
  });
}
