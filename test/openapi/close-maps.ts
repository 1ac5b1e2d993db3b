import type { Schema } from "./load-spec.ts";

/**
 * A schema that also refuses members under a wrong name where the specification describes a map by the pattern of its
 * names alone (`"^@"`: user ids): as written, whatever stands under another name would go unchecked.
 * Signatures stay open, for they go out as their owner uploaded them (rules K8, Q2).
 */
export function closeMaps(schema: Schema): Schema {
  return close(schema, "") as Schema;
}

function close(node: unknown, name: string): unknown {
  if (Array.isArray(node)) return node.map((item) => close(item, name));
  if (typeof node !== "object" || node === null) return node;
  const closed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) closed[key] = close(value, key);
  const isMap = "patternProperties" in node && !("properties" in node) && !("additionalProperties" in node);
  if (isMap && name !== "signatures" && typeof closed["patternProperties"] === "object") {
    closed["additionalProperties"] = false;
  }
  return closed;
}
