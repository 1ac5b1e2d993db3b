import { findSchemaVersion, inspectDatabase, newestSchemaVersion } from "../adapters/sql/inspect-database.ts";
import { checkDataDir, type Finding } from "../adapters/system/check-data-dir.ts";
import { loadSigningKey, makeNextSigningKey } from "../adapters/system/signing-key-file.ts";
import { systemClock } from "../adapters/system/system-clock.ts";
import { systemRandom } from "../adapters/system/system-random.ts";
import type { Config } from "../config/config.ts";
import { type NewLogin, registerAccount as registerLocalAccount } from "../domain/accounts/register-account.ts";
import { addOwnKey } from "../domain/federation-out/own-keys.ts";
import { MatrixError } from "../protocol/matrix-error.ts";
import { loadAppservices } from "./appservices.ts";
import { assemble } from "./assemble.ts";
import { checkFederation } from "./check-federation.ts";
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

/**
 * Gives the server a new key to sign with. One that came into the database and not into its file is put right by doing it
 * again. @throws StartupError
 */
export async function rotateSigningKey(config: Config): Promise<{ keyId: string; path: string }> {
  const database = await openForCommand(config);
  try {
    const next = await startable(() => makeNextSigningKey(config.dataDir, systemRandom));
    try {
      await startable(() => addOwnKey({ unitOfWork: database.unitOfWork, clock: systemClock }, next.key));
      await startable(() => next.takeOver());
    } catch (error) {
      await next.discard();
      throw error;
    }
    return { keyId: next.key.keyId, path: next.path };
  } finally {
    await database.close();
  }
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
  await check("federation", async () => {
    const { keyId } = await loadSigningKey(config.dataDir, systemRandom);
    return checkFederation(config, keyId, systemClock);
  });
  return findings;
}
