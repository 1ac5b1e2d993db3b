import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { stringify } from "yaml";
import { loadRegistrations } from "../../src/config/registrations/load-registrations.ts";
import { parseServerName, type ServerName } from "../../src/protocol/identifiers/server-name.ts";

export const exampleOrg = parseServerName("example.org") as ServerName;

/** A registration that is taken, with `more` over it; a member that is `undefined` is left out. */
export function registration(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const tokens = { as_token: `${id}_as`, hs_token: `${id}_hs` };
  const complete = { id, url: null, ...tokens, sender_localpart: `${id}bot`, namespaces: {}, ...more };
  return Object.fromEntries(Object.entries(complete).filter(([, value]) => value !== undefined));
}

/** Exclusive namespaces of users. */
export function usersOf(...patterns: string[]): { namespaces: Record<string, unknown> } {
  return { namespaces: { users: patterns.map((regex) => ({ exclusive: true, regex })) } };
}

/** A folder for registrations, gone after the tests of this file. */
export const folder: string = mkdtempSync(join(tmpdir(), "claviger-registrations-"));
after(() => rmSync(folder, { recursive: true }));

/** Writes `1.yaml`, `2.yaml`, ... and reads them. A text is written as it is. */
export function load(...registrations: (string | Record<string, unknown>)[]): ReturnType<typeof loadRegistrations> {
  const paths = registrations.map((content, index) => {
    const path = join(folder, `${index + 1}.yaml`);
    writeFileSync(path, typeof content === "string" ? content : stringify(content));
    return path;
  });
  return loadRegistrations(paths, exampleOrg);
}
