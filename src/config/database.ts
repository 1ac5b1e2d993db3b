import { join } from "node:path";
import { optional } from "./shapes/leaf.ts";
import { path } from "./shapes/paths.ts";
import type { Place } from "./shapes/place.ts";
import { choice, text, wholeNumber } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";
import { hiddenValue } from "./shapes/shown-value.ts";

/** The embedded database. `path` is absolute, or `:memory:`. */
export interface SqliteConfig {
  readonly engine: "sqlite";
  readonly path: string;
}

export interface PostgresConfig {
  readonly engine: "postgres";
  /** May hold a password. */
  readonly url: string;
  /** Connections. */
  readonly poolSize: number;
  readonly listenUrl: string | undefined;
  readonly preparedStatements: "auto" | "on" | "off";
}

export type DatabaseConfig = SqliteConfig | PostgresConfig;

/** The section as it stands in the file: the keys of both engines side by side. */
export interface DatabaseSection extends Omit<PostgresConfig, "engine" | "url"> {
  readonly engine: "sqlite" | "postgres";
  readonly path: string | undefined;
  readonly url: string | undefined;
}

export const databaseShape: Shape<DatabaseSection> = section("Where accounts, keys and messages are kept.", {
  engine: choice(["sqlite", "postgres"], { about: "The kind of database.", initial: "sqlite" }),
  path: optional(
    path(
      {
        about: "sqlite: the file. `:memory:` keeps nothing after the server stops.",
        initial: null,
        unset: "claviger.db in data_dir",
      },
      [":memory:"],
    ),
  ),
  url: optional(postgresUrl("postgres: the address of the database; with sqlite it must not be set.")),
  poolSize: wholeNumber({ from: 1, to: 1000 }, { about: "postgres: how many connections.", initial: 20 }),
  listenUrl: optional(
    postgresUrl("postgres: a direct connection for LISTEN, where `url` leads to a pooler.", "the same as url"),
  ),
  preparedStatements: choice(["auto", "on", "off"], {
    about: "postgres: whether statements are prepared by name; `off` is for old pgbouncers.",
    initial: "auto",
  }),
});

function postgresUrl(about: string, unset?: string): Shape<string> {
  return text({
    about,
    ...(unset === undefined ? {} : { unset }),
    initial: null,
    example: "postgres://user:password@host/database",
    secret: true,
    allowed: "a postgres:// or postgresql:// URL",
    parse: (given) => (/^postgres(?:ql)?:\/\//i.test(given) && URL.canParse(given) ? given : undefined),
  });
}

/**
 * Keeps what the chosen engine needs. A URL beside `engine: sqlite` is refused: who wrote it believes to be using it.
 * A path beside `engine: postgres` is not: the config of the first start has one.
 * @throws ConfigError
 */
export function databaseConfig(given: DatabaseSection, dataDir: string, place: Place): DatabaseConfig {
  const { engine, path: file, url, poolSize, listenUrl, preparedStatements } = given;
  if (engine === "postgres") {
    if (url === undefined) throw place.inside("url").missing("a postgres:// or postgresql:// URL");
    return { engine, url, poolSize, listenUrl, preparedStatements };
  }
  for (const [key, value] of Object.entries({ url, listen_url: listenUrl })) {
    if (value !== undefined) throw place.inside(key).refusal(hiddenValue, "only with database.engine: postgres");
  }
  return { engine, path: file ?? join(dataDir, "claviger.db") };
}
