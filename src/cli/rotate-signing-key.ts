import { loadConfigFile } from "../config/load-config-file.ts";

/** `claviger rotate-signing-key`. @throws ConfigError, StartupError */
export async function rotateSigningKey(options: { config: string }): Promise<void> {
  const config = loadConfigFile(options.config);
  const app = await import("../app.ts");
  const { keyId, path } = await app.rotateSigningKey(config);
  process.stdout.write(
    `The new signing key is ${keyId}, in ${path}.\n` +
      "Restart every process of this server; copy this file into the data_dir of those that have another one before.\n",
  );
}
