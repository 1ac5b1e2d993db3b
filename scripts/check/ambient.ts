// What only certain folders of src/ may reach for: the clock, randomness, the environment, the network. And what nobody may,
// because it would hide an import from the arrows.
import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { listFiles } from "./list-files.ts";
import { findReferences } from "./references.ts";
import { childrenOf, isNode, lineOf, parse, type SyntaxNode, walk } from "./syntax-tree.ts";

interface Rule {
  readonly name: string;
  readonly allowedIn: RegExp;
  readonly paths: readonly string[];
}

const random =
  "randomBytes randomFill randomFillSync randomInt randomUUID randomUUIDv7 getRandomValues generateKey generateKeySync " +
  "generateKeyPair generateKeyPairSync generatePrime generatePrimeSync subtle.generateKey";

const never = /^(?!)/;

const rules: readonly Rule[] = [
  {
    name: "the clock is src/adapters/system",
    allowedIn: /^src\/adapters\/system\//,
    paths: [
      ...["Date.now", "new Date", "performance", "node:perf_hooks.performance", "node:perf_hooks.*", "Temporal.Now"],
      ...["process.hrtime", "process.uptime", "node:process.hrtime", "node:process.uptime"],
      ...["setInterval", "node:timers.setInterval", "node:timers/promises.setInterval"],
    ],
  },
  {
    name: "randomness is src/adapters/system",
    allowedIn: /^src\/adapters\/system\//,
    paths: [
      "Math.random",
      ...random
        .split(" ")
        .flatMap((name) => ["crypto", "node:crypto", "node:crypto.webcrypto"].map((root) => `${root}.${name}`)),
    ],
  },
  {
    name: "the environment is read by src/config",
    allowedIn: /^src\/config\//,
    paths: ["process.env", "process.loadEnvFile", "node:process.env", "node:process.loadEnvFile"],
  },
  {
    name: "requests go out through src/adapters/federation and src/adapters/appservices",
    allowedIn: /^src\/adapters\/(federation|appservices)\//,
    paths: ["fetch", "WebSocket", "EventSource", "XMLHttpRequest"],
  },
  {
    name: "connections are opened by src/adapters",
    allowedIn: /^src\/adapters\//,
    paths: ["node:net", "node:tls"].flatMap((module) =>
      ["connect", "createConnection", "Socket", "TLSSocket", "*"].map((name) => `${module}.${name}`),
    ),
  },
  {
    name: "it hides an import from the arrows",
    allowedIn: never,
    paths: [
      "require",
      "node:module.createRequire",
      "process.getBuiltinModule",
      "node:process.getBuiltinModule",
      "eval",
    ],
  },
];

/** Every breach in `root`/src, as `file:line: what (rule)`. */
export function findAmbientAccess(root: string): string[] {
  return listFiles(root, "src")
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const source = readFileSync(join(root, file));
      const module = parse(source.toString());
      return [...namedAccess(module, file), ...hiddenImports(module)]
        .map(({ what, rule, node }) => ({ what, rule, line: lineOf(source, node) }))
        .sort((a, b) => a.line - b.line)
        .map(({ what, rule, line }) => `${file}:${line}: ${what} (${rule})`);
    });
}

interface Access {
  readonly what: string;
  readonly rule: string;
  readonly node: SyntaxNode;
}

function namedAccess(module: SyntaxNode, file: string): Access[] {
  const forbidden = rules.filter((rule) => !rule.allowedIn.test(file));
  const references = [...findReferences(module), ...clockReadings(module)];
  return references.flatMap(({ path, node }) =>
    forbidden
      .filter(({ paths }) => paths.some((start) => path === start || path.startsWith(`${start}.`)))
      .map(({ name }) => ({ what: path, rule: name, node })),
  );
}

/** `new Date()` and `Date()` read the clock; `new Date(0)` does not. */
function clockReadings(module: SyntaxNode): { path: string; node: SyntaxNode }[] {
  return [...walk(module)].flatMap((node) => {
    const isCall = node.type === "NewExpression" || node.type === "CallExpression";
    if (!isCall || !isNode(node.callee) || node.callee.value !== "Date") return [];
    const given = node.arguments as unknown[] | null;
    return node.type === "CallExpression" || !given?.length ? [{ path: "new Date", node }] : [];
  });
}

/** Imports that dependency-cruiser does not see: in a type, of a computed name, or of a thread's file in another folder. */
function hiddenImports(module: SyntaxNode): Access[] {
  return [...walk(module)].flatMap((node) => {
    const rule = hiddenImport(node);
    return rule === undefined ? [] : [{ what: node.type, rule, node }];
  });
}

function hiddenImport(node: SyntaxNode): string | undefined {
  if (node.type === "TsImportType") return "import the type at the top of the file";
  const [argument] = childrenOf({ type: "arguments", list: node.arguments });
  const text = argument?.type === "StringLiteral" ? String(argument.value) : undefined;
  if (!isNode(node.callee)) return undefined;
  if (node.type === "CallExpression" && node.callee.type === "Import") {
    if (text === undefined) return "import() wants a literal name";
    return isBuiltin(text) ? "import it at the top of the file" : undefined;
  }
  const isSource = node.type === "NewExpression" && node.callee.value === "URL" && text?.endsWith(".ts") === true;
  return isSource && !/^\.\/[^/]+$/.test(text) ? "a thread's file is beside the file that starts it" : undefined;
}

if (import.meta.main) {
  const breaches = findAmbientAccess(process.cwd());
  for (const breach of breaches) console.error(breach);
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
