import type { AppserviceRegistration } from "../../protocol/appservice-registration.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { ConfigError } from "../config-error.ts";
import type { RegistrationFile } from "./registration-file.ts";

/**
 * Reads the registrations of application services and checks that they can live together.
 *
 * @param paths absolute
 * @throws ConfigError one line that names the file, the key, the value (never a token) and what is allowed
 */
export async function loadRegistrations(
  paths: readonly string[],
  serverName: ServerName,
): Promise<AppserviceRegistration[]> {
  if (paths.length === 0) return []; // And nothing that only registrations need is loaded.
  const { refuseClashes } = await import("./refuse-clashes.ts");
  const { refuseOverlaps } = await import("./refuse-overlaps.ts");
  const files = await Promise.all(paths.map((path) => loadRegistration(path, serverName)));
  refuseClashes(files, serverName);
  await refuseOverlaps(files, serverName);
  return files.map(({ registration }) => registration);
}

async function loadRegistration(path: string, serverName: ServerName): Promise<RegistrationFile> {
  const { readYamlFile } = await import("../read-yaml-file.ts");
  const { readRegistration } = await import("./read-registration.ts");
  const raw = readYamlFile(path, "claviger generate-registration");
  try {
    return { path, registration: readRegistration(raw, serverName) };
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${path}: ${error.message}`);
    throw error;
  }
}
