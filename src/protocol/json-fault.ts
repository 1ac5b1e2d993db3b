import { shownText } from "./shown-text.ts";

/** The deepest nesting of objects and arrays that is taken; deeper input would threaten the stack (rule E2). */
export const deepestNesting = 100;

/** What makes a value unfit, and where: `path` is `.member[index]`, empty for the value itself. */
export interface JsonFault {
  path: string;
  reason: string;
}

/**
 * Finds the first place of a value that JSON between servers cannot carry: https://spec.matrix.org/v1.19/appendices/#canonical-json
 * `fractions` says whether numbers like 0.5 are allowed. Returns undefined for a good value.
 */
export function findJsonFault(value: unknown, fractions: "allowed" | "refused"): JsonFault | undefined {
  return faultOf(value, fractions, 0);
}

function faultOf(value: unknown, fractions: "allowed" | "refused", depth: number): JsonFault | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : fault("has a lone surrogate");
    case "number":
      return numberFault(value, fractions);
    case "boolean":
      return undefined;
    case "object":
      if (value === null) return undefined;
      if (depth >= deepestNesting) return fault(`is nested deeper than ${deepestNesting} levels`);
      return Array.isArray(value) ? faultInArray(value, fractions, depth) : faultInObject(value, fractions, depth);
    default:
      return fault("is not a JSON value");
  }
}

function numberFault(value: number, fractions: "allowed" | "refused"): JsonFault | undefined {
  if (Number.isSafeInteger(value)) return undefined;
  if (!Number.isFinite(value)) return fault("is not a finite number");
  if (Number.isInteger(value)) return fault("is an integer outside ±(2^53 - 1)");
  return fractions === "allowed" ? undefined : fault("is not an integer");
}

function faultInArray(items: unknown[], fractions: "allowed" | "refused", depth: number): JsonFault | undefined {
  for (let index = 0; index < items.length; index++) {
    const found = faultOf(items[index], fractions, depth + 1);
    if (found !== undefined) return { path: `[${index}]${found.path}`, reason: found.reason };
  }
  return undefined;
}

function faultInObject(members: object, fractions: "allowed" | "refused", depth: number): JsonFault | undefined {
  for (const name of Object.keys(members)) {
    const found = name.isWellFormed()
      ? faultOf((members as Record<string, unknown>)[name], fractions, depth + 1)
      : fault("has a lone surrogate in its name");
    if (found !== undefined) return { path: `.${shownText(name)}${found.path}`, reason: found.reason };
  }
  return undefined;
}

function fault(reason: string): JsonFault {
  return { path: "", reason };
}

/** One line for an error message: `where.path reason`; a very long path is cut in the middle. */
export function describeFault(found: JsonFault, where: string): string {
  const path = found.path.length <= 400 ? found.path : `${found.path.slice(0, 200)}…${found.path.slice(-200)}`;
  const place = (where === "" ? path.replace(/^\./, "") : where + path).toWellFormed();
  return place === "" ? `The value ${found.reason}` : `${place} ${found.reason}`;
}
