import type { AppserviceRegistration, Namespace } from "../../protocol/appservice-registration.ts";
import { ConfigError } from "../config-error.ts";
import { shownValue } from "../shapes/shown-value.ts";

/** A registration, and where it comes from. */
export interface RegistrationFile {
  readonly path: string;
  readonly registration: AppserviceRegistration;
}

/** A namespace, and what to call it: `namespaces.users[0]`. */
export interface NamedNamespace {
  readonly name: string;
  readonly regex: string;
}

/** The exclusive namespaces of one kind. */
export function exclusiveNamespaces(
  { registration }: RegistrationFile,
  kind: "users" | "aliases",
): readonly NamedNamespace[] {
  const named = registration.namespaces[kind].map((namespace: Namespace, index) => ({
    ...namespace,
    name: `namespaces.${kind}[${index}]`,
  }));
  return named.filter(({ exclusive }) => exclusive);
}

/** The error for what is right by itself, but not beside another registration. */
export function clash(file: RegistrationFile, key: string, value: unknown, allowed: string): ConfigError {
  return new ConfigError(`${file.path}: ${key}: ${shownValue(value)} is not allowed: ${allowed}`);
}

/** Each two of the files, the later one first: the one that came as the last is what the operator looks into. */
export function pairsOf(files: readonly RegistrationFile[]): [later: RegistrationFile, earlier: RegistrationFile][] {
  return files.flatMap((later, index) =>
    files.slice(0, index).map((earlier): [RegistrationFile, RegistrationFile] => [later, earlier]),
  );
}
