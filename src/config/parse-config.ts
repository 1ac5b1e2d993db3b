import { type Config, configShape } from "./config.ts";
import { databaseConfig } from "./database.ts";
import { applyEnvironment } from "./environment.ts";
import { refuseSharedPorts } from "./listeners.ts";
import { Place } from "./shapes/place.ts";

/**
 * Makes the complete configuration out of its raw form, an object with the keys of the file (`server_name`, ...).
 * `environment` holds the overrides (`CLAVIGER_SECTION__KEY`); relative paths start at `folder`.
 * @throws ConfigError
 */
export function parseConfig(
  raw: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  folder: string = process.cwd(),
): Config {
  const overridden = applyEnvironment(configShape, raw, environment);
  const place = new Place({ folder, variables: overridden.variables });
  const sections = configShape.read(overridden.raw, place);
  refuseSharedPorts(sections.listeners, place.inside("listeners"));
  return { ...sections, database: databaseConfig(sections.database, sections.dataDir, place.inside("database")) };
}
