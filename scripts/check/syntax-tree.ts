import { type ParseOptions, parseSync } from "@swc/core";

/** A node of swc's syntax tree, seen loosely: most of its fields are nodes, lists of nodes or plain values. */
export interface SyntaxNode {
  readonly type: string;
  readonly span?: { readonly start: number };
  readonly [field: string]: unknown;
}

const options: ParseOptions = { syntax: "typescript", target: "es2022" };

export function parse(source: string): SyntaxNode {
  return parseSync(source, options) as unknown as SyntaxNode;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string";
}

/** The direct children of `node`, in the order of the text; wrappers without a type (arguments of calls) are looked through. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return Object.values(node).flatMap(nodesIn);
}

function nodesIn(value: unknown): SyntaxNode[] {
  if (isNode(value)) return [value];
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  if (typeof value === "object" && value !== null && "expression" in value) return nodesIn(value.expression);
  return [];
}

/** Every node under `node`, itself included. */
export function* walk(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const child of childrenOf(node)) yield* walk(child);
}

/** The line (from 1) on which `node` begins; swc counts bytes, from 1. */
export function lineOf(source: Buffer, node: SyntaxNode): number {
  return source
    .subarray(0, (node.span?.start ?? 1) - 1)
    .toString()
    .split("\n").length;
}
