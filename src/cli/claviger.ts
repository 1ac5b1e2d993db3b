#!/usr/bin/env node
// Each command's code is loaded only when it runs, so that the light ones start at once.
import { readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { parseUrl, parseUserRegex } from "./registration-arguments.ts";
import { reportFailure } from "./report-failure.ts";

// Every start but the first takes what was compiled then; where the folder cannot be written, nothing is lost but time.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/claviger", import.meta.url)));

const configOption = ["-c, --config <file>", "the config file", "claviger.yaml"] as const;

/** In the sources and in `dist` this file lies two folders below `package.json`. */
function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

const program = new Command("claviger")
  .description("A Matrix homeserver whose heart is the keys of end-to-end encryption")
  .version(version())
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "claviger:")) });

program
  .command("serve")
  .description("run the server")
  .option(...configOption)
  .option("--restored", "the database or the whole data_dir comes from a backup")
  .action(async (options) => (await import("./serve.ts")).serve(options));

program
  .command("start")
  .description("run the server in this folder; writes claviger.yaml when there is none")
  .action(async () => (await import("./start.ts")).start());

program
  .command("migrate")
  .description("bring the database to the version of this program")
  .option(...configOption)
  .action(async (options) => (await import("./migrate.ts")).migrate(options));

program
  .command("register")
  .description("make an account; the server may be running or not")
  .option(...configOption)
  .requiredOption("-u, --user <name>", "the part of the user id before the colon")
  .option("-p, --password <password>", "the password (asked for when left out)")
  .option("--admin", "an administrator")
  .action(async (options) => (await import("./register.ts")).register(options));

program
  .command("rotate-signing-key")
  .description("make a new key that this server signs with; then restart its every process")
  .option(...configOption)
  .action(async (options) => (await import("./rotate-signing-key.ts")).rotateSigningKey(options));

program
  .command("generate-config")
  .description("print a config file")
  .option("--server-name <name>", "the part of user ids after the colon")
  .option("--data-dir <folder>", "where to keep the data")
  .action(async (options) => (await import("./generate-config.ts")).generateConfig(options));

program
  .command("generate-registration")
  .description("print a registration file for an application service")
  .requiredOption("--id <id>", "its name")
  .requiredOption("--url <url>", "where it listens; none: it wants no traffic", parseUrl)
  .requiredOption("--sender-localpart <name>", "its own user, the part before the colon")
  .requiredOption(
    "--user-regex <regex>",
    "the user ids that belong to it alone, such as @bridge_.*:example\\.org",
    parseUserRegex,
  )
  .option("--encryption", "it encrypts: give it what its users' devices need for that")
  .action(async (options) => (await import("./generate-registration.ts")).generateRegistration(options));

program
  .command("doctor")
  .description("check the config, the data folder and the database")
  .option(...configOption)
  .action(async (options) => (await import("./doctor.ts")).doctor(options));

try {
  await program.parseAsync();
} catch (error) {
  process.exit(await reportFailure(error)); // Whatever a failed command left open must not keep it alive.
}
