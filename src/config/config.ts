import type { ServerName } from "../protocol/identifiers/server-name.ts";
import { type AccountsConfig, accountsShape } from "./accounts.ts";
import { appservicesShape } from "./appservices.ts";
import { type ClaimsConfig, claimsShape } from "./claims.ts";
import { type CompatibilityConfig, compatibilityShape } from "./compatibility.ts";
import { dataDirShape } from "./data-dir.ts";
import { type DatabaseConfig, type DatabaseSection, databaseShape } from "./database.ts";
import { type FederationConfig, federationShape } from "./federation.ts";
import { type KeysConfig, keysShape } from "./keys.ts";
import { type LimitsConfig, limitsShape } from "./limits.ts";
import { type ListenerConfig, listenersShape } from "./listeners.ts";
import { type LogConfig, logShape } from "./log.ts";
import { publicBaseUrlShape } from "./public-base-url.ts";
import { type RegistrationConfig, registrationShape } from "./registration.ts";
import { type RoomsConfig, roomsShape } from "./rooms.ts";
import { serverNameShape } from "./server-name.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

/** The complete configuration: everything is there, checked, and every path absolute. */
export interface Config {
  readonly serverName: ServerName;
  /** Without a slash at the end. */
  readonly publicBaseUrl: string | undefined;
  readonly dataDir: string;
  readonly database: DatabaseConfig;
  readonly listeners: readonly ListenerConfig[];
  readonly registration: RegistrationConfig;
  readonly accounts: AccountsConfig;
  readonly federation: FederationConfig;
  /** Registration files. */
  readonly appservices: readonly string[];
  readonly rooms: RoomsConfig;
  readonly keys: KeysConfig;
  readonly claims: ClaimsConfig;
  readonly compatibility: CompatibilityConfig;
  readonly limits: LimitsConfig;
  readonly log: LogConfig;
}

/** The configuration as it stands in the file, where the sections do not know each other. */
export interface ConfigSections extends Omit<Config, "database"> {
  readonly database: DatabaseSection;
}

export const configShape: Shape<ConfigSections> = section("The configuration of Claviger.", {
  serverName: serverNameShape,
  publicBaseUrl: publicBaseUrlShape,
  dataDir: dataDirShape,
  database: databaseShape,
  listeners: listenersShape,
  registration: registrationShape,
  accounts: accountsShape,
  federation: federationShape,
  appservices: appservicesShape,
  rooms: roomsShape,
  keys: keysShape,
  claims: claimsShape,
  compatibility: compatibilityShape,
  limits: limitsShape,
  log: logShape,
});
