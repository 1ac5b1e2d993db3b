// Finds what a file takes from its surroundings: global names, and what it imports from modules, as dotted paths
// such as `Date.now`, `process.env.HOME` or `node:crypto.randomBytes`.
import { isBuiltin } from "node:module";
import { childrenOf, isNode, type SyntaxNode, walk } from "./syntax-tree.ts";

export interface Reference {
  readonly path: string;
  readonly node: SyntaxNode;
}

/** What names mean in a file: a local name of an import stands for a path, any other declared name for nothing outside. */
interface Names {
  readonly imported: ReadonlyMap<string, string>;
  readonly declared: ReadonlySet<string>;
}

export function findReferences(module: SyntaxNode): Reference[] {
  const names = { imported: importedNames(module), declared: declaredNames(module) };
  return [...reexports(module), ...referencesIn(module, names)];
}

function* referencesIn(node: SyntaxNode, names: Names): Generator<Reference> {
  if (isTypeOnly(node)) return;
  const path = pathOf(node, names);
  if (path !== undefined) {
    yield { path, node };
    return;
  }
  if (node.type === "VariableDeclarator") yield* destructured(node, names);
  for (const child of evaluatedChildren(node)) yield* referencesIn(child, names);
}

/** `const { env } = process` reads `process.env`. */
function* destructured({ id, init }: SyntaxNode, names: Names): Generator<Reference> {
  const path = isNode(init) ? pathOf(init, names) : undefined;
  if (path === undefined || !isNode(id) || id.type !== "ObjectPattern") return;
  for (const property of childrenOf(id)) {
    if (isNode(property.key)) yield { path: `${path}.${nameOf(property.key)}`, node: property.key };
  }
}

/** The path that an expression stands for: of `globalThis.process.env` and of `process["env"]` it is `process.env`. */
function pathOf(node: SyntaxNode, names: Names): string | undefined {
  if (node.type === "Identifier") {
    const name = nameOf(node);
    return names.imported.get(name) ?? (names.declared.has(name) ? undefined : name);
  }
  if (node.type === "MemberExpression" && isNode(node.object) && isNode(node.property)) {
    const object = pathOf(node.object, names);
    if (object === undefined) return undefined;
    const member = memberName(node.property);
    if (object === "globalThis" || object === "global") return member;
    return member === undefined ? object : `${object}.${member}`;
  }
  const inner = wrapped(node);
  return inner === undefined ? undefined : pathOf(inner, names);
}

function memberName(property: SyntaxNode): string | undefined {
  if (property.type !== "Computed") return nameOf(property);
  const key = property.expression;
  return isNode(key) && key.type === "StringLiteral" ? String(key.value) : undefined;
}

/** `(x)`, `x!`, `x as T`, `x?.y`: what is inside. */
function wrapped(node: SyntaxNode): SyntaxNode | undefined {
  const field = node.type === "OptionalChainingExpression" ? node.base : node.expression;
  const transparent = /^(Parenthesis|TsAs|TsSatisfies|TsNonNull|TsConst|OptionalChaining)/.test(node.type);
  return transparent && isNode(field) ? field : undefined;
}

function isTypeOnly(node: SyntaxNode): boolean {
  return node.type === "ImportDeclaration" || (node.type.startsWith("Ts") && wrapped(node) === undefined);
}

/** Leaves out names that are only labels of a property or method, not references. */
function evaluatedChildren(node: SyntaxNode): SyntaxNode[] {
  return childrenOf(node).filter((child) => {
    const isLabel = child === node.key || child === node.property;
    return !(isLabel && child.type === "Identifier");
  });
}

function importedNames(module: SyntaxNode): Map<string, string> {
  const names = new Map<string, string>();
  for (const declaration of childrenOf(module)) {
    if (declaration.type !== "ImportDeclaration" || declaration.typeOnly === true) continue;
    for (const specifier of childrenOf(declaration)) {
      if (!isNode(specifier.local)) continue;
      const isNamed = specifier.type === "ImportSpecifier";
      const name = isNode(specifier.imported) ? nameOf(specifier.imported) : nameOf(specifier.local);
      names.set(nameOf(specifier.local), isNamed ? `${sourceOf(declaration)}.${name}` : sourceOf(declaration));
    }
  }
  return names;
}

/** `export { randomBytes } from "node:crypto"`, and of `export *` the module itself. */
function* reexports(module: SyntaxNode): Generator<Reference> {
  for (const node of childrenOf(module)) {
    if (!node.type.startsWith("Export") || !isNode(node.source) || node.typeOnly === true) continue;
    if (node.type === "ExportAllDeclaration") yield { path: `${sourceOf(node)}.*`, node };
    for (const specifier of childrenOf(node)) {
      if (isNode(specifier.orig)) yield { path: `${sourceOf(node)}.${nameOf(specifier.orig)}`, node: specifier };
    }
  }
}

/** Every name that the file declares anywhere: that one declaration may hide a global from another place is accepted. */
function declaredNames(module: SyntaxNode): Set<string> {
  const names = new Set<string>();
  for (const node of walk(module)) {
    for (const field of ["id", "pat", "identifier", "params", "param"]) {
      const declared = node.type.startsWith("Ts") ? [] : [node[field]].flat();
      for (const pattern of declared) if (isNode(pattern)) addBindings(pattern, names);
    }
  }
  return names;
}

function addBindings(pattern: SyntaxNode, names: Set<string>): void {
  if (pattern.type === "Identifier") names.add(nameOf(pattern));
  else if (pattern.type === "AssignmentPatternProperty" && isNode(pattern.key)) names.add(nameOf(pattern.key));
  else if (pattern.type === "KeyValuePatternProperty" && isNode(pattern.value)) addBindings(pattern.value, names);
  else if (pattern.type === "AssignmentPattern" && isNode(pattern.left)) addBindings(pattern.left, names);
  else if (pattern.type === "RestElement" && isNode(pattern.argument)) addBindings(pattern.argument, names);
  else if (/^(Object|Array)Pattern$/.test(pattern.type)) {
    for (const child of childrenOf(pattern)) addBindings(child, names);
  }
}

function sourceOf(declaration: SyntaxNode): string {
  const source = (declaration.source as { value: string }).value;
  return isBuiltin(source) ? `node:${source.replace(/^node:/, "")}` : source;
}

function nameOf(node: SyntaxNode): string {
  return String(node.value);
}
