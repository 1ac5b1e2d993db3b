import { readFileSync } from "node:fs";
import { type Document, isAlias, LineCounter, parseDocument, visit } from "yaml";
import { ConfigError } from "./config-error.ts";

/**
 * What a YAML file says. No error quotes the file, for it may hold secrets.
 * @param printedBy the command that prints such a file, for who has none yet
 * @throws ConfigError one line that names the file
 */
export function readYamlFile(path: string, printedBy: string): unknown {
  return parseYaml(readText(path, printedBy), path);
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

function readText(path: string, printedBy: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    const reason = code === "ENOENT" ? `there is no such file (\`${printedBy}\` prints one)` : reasons[code];
    throw new ConfigError(`${path} cannot be read: ${reason ?? code}`, { cause: error });
  }
}

/** The texts of the YAML package quote the file, and so a secret in it; these do not. */
const faults: Readonly<Record<string, string>> = {
  BAD_INDENT: "wrong indentation",
  BAD_SCALAR_START: "this text must be in quotes",
  BLOCK_AS_IMPLICIT_KEY: "more than one `key:` in a line (a text with a colon in it must be in quotes)",
  DUPLICATE_KEY: "this key stands twice",
  MISSING_CHAR: "a quote, bracket or colon is missing",
  MULTIPLE_DOCS: "a second document begins; there can be only one",
  TAB_AS_INDENT: "tabs cannot indent, only spaces",
  TAG_RESOLVE_FAILED: "an unknown tag (a text that begins with ! must be in quotes)",
};

function parseYaml(text: string, path: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const fault = document.errors[0] ?? document.warnings[0];
  const offset = fault?.pos[0] ?? offsetOfBadAlias(document);
  if (offset === undefined) return plainObject(document, path);
  const what =
    fault === undefined ? "an alias without anchor (a text that begins with * must be in quotes)" : faults[fault.code];
  throw new ConfigError(`${path}: line ${lines.linePos(offset).line}: ${what ?? "this is not valid YAML"}`);
}

function plainObject(document: Document, path: string): unknown {
  try {
    return document.toJS() as unknown;
  } catch (error) {
    throw new ConfigError(`${path}: too many aliases`, { cause: error });
  }
}

function offsetOfBadAlias(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, (_, node) => {
    if (!isAlias(node) || node.resolve(document) !== undefined) return undefined;
    offset = node.range?.[0] ?? 0;
    return visit.BREAK;
  });
  return offset;
}
