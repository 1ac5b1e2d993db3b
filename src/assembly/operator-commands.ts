import { findSchemaVersion, inspectDatabase, newestSchemaVersion } from "../adapters/sql/inspect-database.ts";
import { checkDataDir, type Finding } from "../adapters/system/check-data-dir.ts";
import { loadSigningKey } from "../adapters/system/signing-key-file.ts";
import { systemClock } from "../adapters/system/system-clock.ts";
import { systemRandom } from "../adapters/system/system-random.ts";
import type { Config } from "../config/config.ts";
import { type NewLogin, registerAccount as registerLocalAccount } from "../domain/accounts/register-account.ts";
import { MatrixError } from "../protocol/matrix-error.ts";
import { loadAppservices } from "./appservices.ts";
import { assemble } from "./assemble.ts";
import { openForCommand } from "./open-for.ts";
import { StartupError, startable } from "./startup-error.ts";

/**
 * Makes an account for the operator, beside a running server or without one.
 * @throws StartupError when the name is taken or not allowed, or the database cannot be opened
 */
export async function registerAccount(config: Config, account: NewLogin): Promise<{ userId: string }> {
  const appservices = await loadAppservices(config);
  const database = await openForCommand(config);
  try {
    const deps = assemble(config, database, systemClock, systemRandom, appservices);
    return await registerLocalAccount(deps, account);
  } catch (error) {
    throw error instanceof MatrixError ? new StartupError(error.message, { cause: error }) : error;
  } finally {
    await database.close();
  }
}

/** Brings the database's schema up to date. @throws StartupError */
export async function migrateDatabase(config: Config): Promise<{ from: number; to: number }> {
  const from = await startable(() => findSchemaVersion(config.database));
  await (await openForCommand(config)).close();
  return { from, to: newestSchemaVersion };
}

/** What `claviger doctor` tells, one finding a line (rule E4). */
export async function checkInstallation(config: Config): Promise<Finding[]> {
  const findings = await checkDataDir(config.dataDir, systemClock);
  const check = async (name: string, look: () => Promise<Finding[]>) => {
    try {
      findings.push(...(await look()));
    } catch (error) {
      findings.push({ name, ok: false, detail: (error as Error).message });
    }
  };
  await check("signing key", async () => {
    const { keyId } = await loadSigningKey(config.dataDir, systemRandom);
    return [{ name: "signing key", ok: true, detail: keyId }];
  });
  await check("database", () => inspectDatabase(config.database, () => openForCommand(config)));
  // It brings the HTTP client, which a start should not wait for.
  const { checkAppservices } = await import("./check-appservices.ts");
  await check("appservices", () => checkAppservices(config, systemClock));
  return findings;
}
