import { dirname, resolve } from "node:path";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse-config.ts";
import { readYamlFile } from "./read-yaml-file.ts";

/**
 * Reads a config file. Relative paths in it start at its folder; variables of the environment are put over it.
 * @throws ConfigError also where the file cannot be read
 */
export function loadConfigFile(path: string): Config {
  return parseConfig(readYamlFile(path, "claviger generate-config"), process.env, dirname(resolve(path)));
}
