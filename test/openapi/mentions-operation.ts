import { type ListedOperation, listedOperations } from "./operation-list.ts";

/**
 * Whether a test's text speaks of an operation: by its operationId, or by its path, with or without the base. Where
 * operations share a path the text must also have the method in it.
 */
export function mentionsOperation(text: string, operation: ListedOperation): boolean {
  if (mentionsName(text, operation)) return true;
  if (!pathPattern(operation).test(text)) return false;
  return !sharesPath(operation) || new RegExp(`\\b${operation.method}\\b`, "i").test(text);
}

function mentionsName(text: string, { api, operationId }: ListedOperation): boolean {
  const elsewhere = listedOperations().some((other) => other.operationId === operationId && other.api !== api);
  if (elsewhere) return false;
  // A single word (`sync`, `login`) is an operation only in quotes or as a call.
  const word = /[A-Z_]/.test(operationId) ? `\\b${operationId}\\b` : `(["'\`])${operationId}\\1|\\.${operationId}\\(`;
  return new RegExp(word).test(text);
}

function sharesPath({ api, path, operationId }: ListedOperation): boolean {
  return listedOperations().some(
    (other) => other.api === api && other.path === path && other.operationId !== operationId,
  );
}

function pathPattern({ api, path }: ListedOperation): RegExp {
  const [, base = "", rest = ""] =
    /^(\/_matrix\/client(?:\/v\d)?|\/_matrix\/\w+\/v\d|\/\.well-known)(.*)$/.exec(path) ?? [];
  const start = quoted(base)
    .replace(/\/v3$/, "/(?:v3|r0|unstable)")
    .replace(/client\/v1$/, "client/(?:v1|unstable)");
  const bare = api === "client-server" ? "|(?<=[\"'`}]|(?:GET|POST|PUT|DELETE) )" : "";
  const segments = quoted(rest).replaceAll(/\\\{\w+\\\}/g, "(?:\\$\\{[^}]*\\}|[^/\"'`\\s$]+)");
  return new RegExp(`(?:${start}${bare})${segments}(?=["'\`\\s?,)$]|$)`);
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
