/**
 * A configuration that cannot be used. The message is one line for the operator: the key, its value (never a secret one)
 * and what is allowed.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
