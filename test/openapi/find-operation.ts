import { type ListedOperation, listedOperations } from "./operation-list.ts";

/**
 * The operation of the specification that a request is for, `undefined` where there is none.
 * @param path with or without a query; `/r0` and `/unstable` stand for the present version
 */
export function findOperation(method: string, path: string): ListedOperation | undefined {
  const bare = path.split(/[?#]/, 1)[0] ?? "";
  for (const candidate of presentVersions(bare)) {
    // Only the slash after an empty state key is optional; on other paths it makes another path.
    const found = match(method, candidate) ?? match(method, `${candidate}/`, withStateKey);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The path itself, and those under which the present specification has what an old client calls. */
function presentVersions(path: string): string[] {
  const old = /^\/_matrix\/client\/(?:r0|unstable)(\/.*)$/.exec(path);
  return old === null ? [path] : [path, `/_matrix/client/v3${old[1]}`, `/_matrix/client/v1${old[1]}`];
}

function withStateKey(operation: ListedOperation): boolean {
  return operation.path.endsWith("/{stateKey}");
}

function match(method: string, path: string, only?: (operation: ListedOperation) => boolean) {
  const wanted = method.toUpperCase();
  const segments = path.split("/");
  let best: { operation: ListedOperation; variables: number } | undefined;
  for (const operation of listedOperations()) {
    if (operation.method !== wanted || (only !== undefined && !only(operation))) continue;
    const variables = variablesFilled(operation.path.split("/"), segments);
    // Where two fit, the one that says more in plain words is meant.
    if (variables !== undefined && (best === undefined || variables < best.variables)) best = { operation, variables };
  }
  return best?.operation;
}

/** How many variables of the template the path fills; `undefined` where it does not fit. */
function variablesFilled(template: readonly string[], segments: readonly string[]): number | undefined {
  if (template.length !== segments.length) return undefined;
  let filled = 0;
  for (const [index, part] of template.entries()) {
    if (part === segments[index]) continue;
    if (!part.startsWith("{") || (segments[index] === "" && part !== "{stateKey}")) return undefined;
    filled += 1;
  }
  return filled;
}
