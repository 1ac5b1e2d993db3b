import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

type Members = Readonly<Record<string, unknown>>;

const specFolder = fileURLToPath(new URL("spec/", import.meta.url));
const documents = new Map<string, unknown>();

/** A file of the specification below `spec/`, parsed once. */
export function readDocument(file: string): unknown {
  let document = documents.get(file);
  if (document === undefined) {
    document = parse(readFileSync(join(specFolder, file), "utf8"));
    documents.set(file, document);
  }
  return document;
}

/**
 * A copy of `node` with every `$ref` replaced by what it points to, and without examples (theirs point to files that
 * are no schemas). A `$ref` beside other keywords holds together with them, as JSON Schema 2020-12 has it.
 * @param file where `node` stands, below `spec/`
 * @throws Error where a reference points nowhere or, over any number of steps, to itself
 */
export function resolveReferences(node: unknown, file: string, trail: readonly string[] = []): unknown {
  if (Array.isArray(node)) return node.map((item) => resolveReferences(item, file, trail));
  if (!isMembers(node)) return node;
  const { $ref, ...beside } = node;
  const resolved: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(beside)) {
    if (name === "example" || name === "examples") continue;
    resolved[name] = holdsNames(name, value)
      ? mapValues(value, (item) => resolveReferences(item, file, trail))
      : resolveReferences(value, file, trail);
  }
  if (typeof $ref !== "string") return resolved;
  const target = resolveTarget($ref, file, trail);
  if (Object.keys(resolved).length === 0) return target;
  const all = Array.isArray(resolved["allOf"]) ? resolved["allOf"] : [];
  return { ...resolved, allOf: [...all, target] };
}

/** The names below these keywords are members of the checked object, so `example` may be one of them. */
function holdsNames(keyword: string, value: unknown): value is Members {
  return (keyword === "properties" || keyword === "patternProperties") && isMembers(value);
}

function resolveTarget(reference: string, file: string, trail: readonly string[]): unknown {
  const [relative = "", pointer = ""] = reference.split("#");
  const target = relative === "" ? file : normalize(join(dirname(file), relative));
  const place = `${target}#${pointer}`;
  if (trail.includes(place)) throw new Error(`${place} refers to itself`);
  let node = readDocument(target);
  for (const step of pointer.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    node = isMembers(node) ? node[name] : undefined;
  }
  if (node === undefined) throw new Error(`${file} refers to ${reference}, which is not there`);
  return resolveReferences(node, target, [...trail, place]);
}

function mapValues(members: Members, change: (value: unknown) => unknown): Members {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]));
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
