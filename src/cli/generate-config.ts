import { firstConfig } from "../config/first-config.ts";
import { parseConfig } from "../config/parse-config.ts";

/** `claviger generate-config`: the config goes to stdout and nowhere else. @throws ConfigError for a bad argument */
export async function generateConfig(options: { serverName?: string; dataDir?: string }): Promise<void> {
  const { serverName = "localhost", dataDir = "./data" } = options;
  parseConfig({ server_name: serverName, data_dir: dataDir }, {});
  const { randomToken } = await import("../app.ts");
  process.stdout.write(firstConfig({ serverName, dataDir: options.dataDir, registrationToken: randomToken() }));
}
