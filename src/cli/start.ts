import { existsSync, writeFileSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { firstConfig } from "../config/first-config.ts";
import { loadConfigFile } from "../config/load-config-file.ts";
import { runServer } from "./run-server.ts";

const file = "claviger.yaml";

/** `claviger start`: what `npm start` runs. Serves from this folder, and tells what to do next. */
export async function start(): Promise<never> {
  const isFirst = !existsSync(file);
  if (isFirst) await writeFirstConfig();
  const config = loadConfigFile(file);
  const { createServer, randomToken } = await import("../app.ts");
  return runServer(
    () => createServer({ config }),
    (url) => process.stdout.write(whatNext({ config, url, isFirst, password: randomToken() })),
  );
}

async function writeFirstConfig(): Promise<void> {
  const { randomToken } = await import("../app.ts");
  // Nobody else may read the token in it; "wx" leaves a file alone that another process has just written.
  writeFileSync(file, firstConfig({ registrationToken: randomToken() }), { mode: 0o600, flag: "wx" });
}

interface Started {
  readonly config: Config;
  readonly url: string;
  readonly isFirst: boolean;
  /** A suggestion that is kept nowhere. */
  readonly password: string;
}

function whatNext({ config, url, isFirst, password }: Started): string {
  return `
Claviger serves ${config.serverName} on ${url}
${isFirst ? `It has written its config: ${file}\n` : ""}
Make an account (the password is a suggestion):

  ${commandName()} register --config ${file} -u alice -p ${password}

Then sign in as alice with any Matrix client, homeserver ${url}
${registrationHint(config)}Stop with Ctrl-C.

`;
}

function registrationHint({ registration }: Config): string {
  if (registration.mode !== "token" || registration.token === undefined) return "";
  return `Clients can make accounts too, with the token that stands in ${file} (registration.token).\n`;
}

/** How a shell in this folder runs the command line: from the sources by npm, else by its name. */
function commandName(): string {
  return import.meta.url.endsWith(".ts") ? "npm run --silent claviger --" : "claviger";
}
