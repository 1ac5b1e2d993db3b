import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { loadConfigFile } from "../config/load-config-file.ts";

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** `claviger doctor`: a line for each check, exit code 1 when one fails. */
export async function doctor(options: { config: string }): Promise<void> {
  const config = readConfig(options.config);
  if (config instanceof ConfigError) {
    report([{ name: "config", ok: false, detail: config.message }]);
    return;
  }
  report([{ name: "config", ok: true, detail: options.config }]);
  const { checkInstallation } = await import("../app.ts");
  report(await checkInstallation(config));
}

/** A bad config is a finding here, like any other. */
function readConfig(path: string): Config | ConfigError {
  try {
    return loadConfigFile(path);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function report(findings: readonly Finding[]): void {
  for (const { name, ok, detail } of findings) {
    process.stdout.write(`${ok ? "ok  " : "FAIL"} ${name}: ${detail}\n`);
    if (!ok) process.exitCode = 1;
  }
}
