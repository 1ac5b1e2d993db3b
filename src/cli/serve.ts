import { loadConfigFile } from "../config/load-config-file.ts";
import { runServer } from "./run-server.ts";

/** `claviger serve`. @throws ConfigError, StartupError */
export async function serve(options: { config: string; restored?: boolean }): Promise<never> {
  const config = loadConfigFile(options.config);
  const { createServer } = await import("../app.ts");
  return runServer(
    () => createServer({ config, restored: options.restored ?? false }),
    () => {}, // The server's own log says where it listens.
  );
}
