import { loadConfigFile } from "../config/load-config-file.ts";

/** `claviger migrate`. @throws ConfigError, StartupError */
export async function migrate(options: { config: string }): Promise<void> {
  const config = loadConfigFile(options.config);
  const { migrateDatabase } = await import("../app.ts");
  const { from, to } = await migrateDatabase(config);
  process.stdout.write(
    from === to ? `The database is at version ${to} already.\n` : `The database went from version ${from} to ${to}.\n`,
  );
}
