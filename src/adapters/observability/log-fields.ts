import { hidden, hideSecrets } from "./secret-text.ts";

/** What a log line says beside its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Names whose values are never logged, whatever they are (rule E3); compared without case, `_` and `-`. */
const secretName = /(?:token|password|passwd|secret|authorization|cookie|session|privatekey|body|content)$/;

const deepest = 4;
const mostMembers = 50;
const longestStack = 6000;

/** The fields as they may stand in the log: secrets hidden, errors as type, message and stack, sizes bounded. */
export function safeFields(fields: LogFields): Record<string, unknown> {
  return safeMembers(fields, 0);
}

function safeMembers(members: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(members).slice(0, mostMembers);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isSecret(name) ? hidden : safeValue(value, depth + 1)]),
  );
}

function isSecret(name: string): boolean {
  return secretName.test(name.toLowerCase().replaceAll(/[_-]/g, ""));
}

function safeValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return hideSecrets(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
  if (typeof value !== "object" || value === null) return value;
  if (depth > deepest) return "[…]";
  if (value instanceof Error) return safeError(value, depth);
  if (Array.isArray(value)) return value.slice(0, mostMembers).map((item: unknown) => safeValue(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  // A request or a connection would bring its headers and settings along.
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name ?? "object"}]`;
  return safeMembers(value, depth);
}

/** Only these members: drivers put statements and their parameters into others. */
function safeError(error: Error, depth: number): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: hideSecrets(error.message),
    ...(typeof code === "string" && { code }),
    ...(error.stack !== undefined && { stack: hideSecrets(error.stack, longestStack) }),
    ...(error.cause !== undefined && { cause: safeValue(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && { errors: safeValue(error.errors, depth + 1) }),
  };
}
