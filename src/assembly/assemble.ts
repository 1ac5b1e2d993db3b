import packageJson from "../../package.json" with { type: "json" };
import type { Database } from "../adapters/sql/open-database.ts";
import { Argon2PasswordHasher } from "../adapters/system/argon2-password-hasher.ts";
import { InProcessIgnoredUsers } from "../adapters/system/in-process-ignored-users.ts";
import { InProcessSightings } from "../adapters/system/in-process-sightings.ts";
import { InProcessTurns } from "../adapters/system/in-process-turns.ts";
import { InProcessUnreadMemory } from "../adapters/system/in-process-unread-memory.ts";
import { threadPoolSignatureVerifier } from "../adapters/system/thread-pool-signature-verifier.ts";
import { turnsAtOnce } from "../adapters/system/turns-at-once.ts";
import type { Config } from "../config/config.ts";
import type { Appservices } from "../domain/appservices/appservices.ts";
import type { Clock } from "../domain/kernel/clock.ts";
import type { Random } from "../domain/kernel/random.ts";

/** What use cases ask for, but for those that watch and wake. */
export function assemble(
  config: Config,
  { unitOfWork, snapshots, unitsShareCommits }: Database,
  clock: Clock,
  random: Random,
  appservices: Appservices,
) {
  const { keys, claims, compatibility } = config;
  const { budget, serverBudget, deviceBudget } = claims;
  const duplicateErrcode =
    compatibility.msc4420Errcode === "stable"
      ? ("M_DUPLICATE_ONE_TIME_KEY" as const)
      : ("io.github.johennes.msc4420.M_DUPLICATE_ONE_TIME_KEY" as const);
  return {
    unitOfWork,
    snapshots,
    turns: unitsShareCommits ? turnsAtOnce : new InProcessTurns(),
    clock,
    random,
    appservices,
    serverName: config.serverName,
    publicBaseUrl: config.publicBaseUrl,
    registration: config.registration,
    refreshTokens: config.accounts.refreshTokens,
    limitLogins: config.limits.enabled,
    compatibility,
    defaultRoomVersion: config.rooms.defaultVersion,
    keyRules: { ...keys, duplicateErrcode },
    defaultClaimTimeout: claims.defaultTimeoutMs,
    claimBudgets: { budget, serverBudget, deviceBudget, refillTime: claims.refillMinutes * 60_000 },
    signatureVerifier: threadPoolSignatureVerifier,
    passwordHasher: new Argon2PasswordHasher(random),
    sightings: new InProcessSightings(clock),
    unreadMemory: new InProcessUnreadMemory(),
    ignoredUsers: new InProcessIgnoredUsers(),
    federates: config.federation.enabled,
    notaries: config.federation.notaries,
    version: packageJson.version,
  };
}
