import { stringify } from "yaml";
import { configShape } from "./config.ts";
import { isMapping, type Shape } from "./shapes/shape.ts";

export interface FirstConfigOptions {
  readonly serverName?: string | undefined;
  /** Relative to the config file's folder. */
  readonly dataDir?: string | undefined;
  /** The token with which clients may register. */
  readonly registrationToken: string;
}

const widestLine = 110;

const head = `# The configuration of Claviger. A name right behind a "#" shows the default: remove the "#" to change it.
# Relative paths start at the folder of this file. Variables of the environment override it: CLAVIGER_SECTION__KEY.
`;

/** The text of a config file that works as it is: what a new server needs is active, the rest shows its default. */
export function firstConfig(options: FirstConfigOptions): string {
  const { serverName = "localhost", dataDir, registrationToken } = options;
  const active = {
    server_name: serverName,
    ...(dataDir === undefined ? {} : { data_dir: dataDir }),
    database: { engine: "sqlite", path: `${(dataDir ?? "./data").replace(/\/+$/, "")}/claviger.db` },
    listeners: configShape.parts.kind === "section" ? configShape.parts.members.get("listeners")?.initial : [],
    registration: { mode: "token", token: registrationToken },
  };
  return `${[head.trimEnd(), ...memberLines(configShape, active, 0)].join("\n")}\n`;
}

function memberLines(shape: Shape<unknown>, active: unknown, indent: number): string[] {
  const members = shape.parts.kind === "section" ? [...shape.parts.members] : [];
  return members.flatMap(([key, member]) => {
    const value = isMapping(active) ? active[key] : undefined;
    return [...(indent === 0 ? [""] : []), ...commentLines(member, indent), ...valueLines(key, member, value, indent)];
  });
}

function valueLines(key: string, shape: Shape<unknown>, value: unknown, indent: number): string[] {
  const margin = " ".repeat(indent);
  if (isBlock(shape)) return [`${margin}${key}:`, ...memberLines(shape, value, indent + 2)];
  if (shape.parts.kind === "list" && isBlock(shape.parts.item) && Array.isArray(value)) {
    const { item } = shape.parts;
    return [`${margin}${key}:`, ...value.flatMap((entry: unknown) => entryLines(item, entry, indent + 2))];
  }
  return [`${margin}${value === undefined ? "#" : ""}${key}: ${flow(value ?? shape.initial)}`];
}

/** Sections whose members all have a value of their own stand in one line; they have an `initial`. */
function isBlock(shape: Shape<unknown>): boolean {
  return shape.parts.kind === "section" && isMapping(shape.initial) && Object.keys(shape.initial).length === 0;
}

/** The `-` takes the place of the margin of the entry's first key; comments may stand before it. */
function entryLines(item: Shape<unknown>, entry: unknown, indent: number): string[] {
  const lines = memberLines(item, entry, indent + 2);
  const first = lines.findIndex((line) => !line.trimStart().startsWith("#"));
  return lines.map((line, index) => (index === first ? `${" ".repeat(indent)}- ${line.trimStart()}` : line));
}

function commentLines(shape: Shape<unknown>, indent: number): string[] {
  const isLeaf = shape.parts.kind === "leaf";
  const notes = [
    isLeaf ? `${shape.about} Allowed: ${shape.allowed}.` : shape.about,
    ...(shape.unset === undefined ? [] : [`Not set: ${shape.unset}.`]),
    ...(shape.example === undefined ? [] : [`Example: ${shape.example}`]),
  ];
  return notes.flatMap((note) => wrapped(note, `${" ".repeat(indent)}# `));
}

function wrapped(text: string, margin: string): string[] {
  const lines: string[] = [];
  let line = margin;
  for (const word of text.split(" ")) {
    if (line.length + word.length > widestLine && line !== margin) {
      lines.push(line.trimEnd());
      line = margin;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

function flow(value: unknown): string {
  const options = { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 } as const;
  return stringify(value, options).trimEnd();
}
