// Renews `spec/` and `operations.json` from a checkout of matrix-org/matrix-spec:
//   node test/openapi/copy-spec.ts ../matrix-spec
// Run by hand when the pinned version of the specification changes; spec/README.md says which one it is.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

/** The chapters whose answers are checked against their schemas; of all others only the operations are listed. */
const chapters = {
  "client-server": [
    ...["account-data", "account_deactivation", "capabilities", "cross_signing", "device_management", "filter"],
    ...["key_backup", "keys", "login", "logout", "openid", "password_management", "profile", "pushrules", "refresh"],
    ...["registration", "registration_tokens", "sync", "to_device", "versions", "wellknown", "whoami"],
    ...["banning", "create_room", "inviting", "joining", "kicking", "leaving", "list_joined_rooms"],
    ...["message_pagination", "room_send", "room_state", "rooms"],
    ...["directory", "event_context", "knocking", "read_markers", "receipts", "redaction", "relations"],
    ...["room_event_by_timestamp", "tags", "threads_list", "typing"],
  ],
  "server-server": [
    ...["keys_query", "keys_server", "openid", "query", "transactions", "user_devices", "user_keys", "version"],
    ...["wellknown"],
  ],
};

const apis = ["client-server", "server-server", "application-service"];
const here = dirname(fileURLToPath(import.meta.url));

/** Every file that `file` refers to outside of its examples, as paths below `data/`. */
function referredFiles(node: unknown, file: string, found: string[] = []): string[] {
  if (typeof node !== "object" || node === null) return found;
  for (const [name, value] of Object.entries(node)) {
    if (name === "example" || name === "examples") continue;
    if (name !== "$ref" || typeof value !== "string") referredFiles(value, file, found);
    else if (!value.startsWith("#")) found.push(normalize(join(dirname(file), value.split("#")[0] ?? "")));
  }
  return found;
}

function copyChapters(data: string): void {
  const waiting = Object.entries(chapters).flatMap(([api, names]) => names.map((name) => `api/${api}/${name}.yaml`));
  const copied = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (copied.has(file)) continue;
    copied.add(file);
    cpSync(join(data, file), join(here, "spec", file));
    waiting.push(...referredFiles(parse(readFileSync(join(data, file), "utf8")), file));
  }
}

interface OpenApiFile {
  readonly servers: readonly { readonly variables: { readonly basePath: { readonly default: string } } }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
}

/** `{ "<api>/<chapter>.yaml": { "<operationId>": "<METHOD> <path>" } }` */
function listOperations(data: string): Record<string, Record<string, string>> {
  const list: Record<string, Record<string, string>> = {};
  for (const api of apis) {
    for (const name of readdirSync(join(data, "api", api))
      .filter((entry) => entry.endsWith(".yaml"))
      .sort()) {
      const { servers, paths } = parse(readFileSync(join(data, "api", api, name), "utf8")) as OpenApiFile;
      const base = servers[0]?.variables.basePath.default ?? "";
      const operations: Record<string, string> = {};
      for (const [path, methods] of Object.entries(paths)) {
        for (const [method, { operationId }] of Object.entries(methods)) {
          operations[operationId] = `${method.toUpperCase()} ${base}${path}`;
        }
      }
      list[`${api}/${name}`] = operations;
    }
  }
  return list;
}

const checkout = process.argv[2];
if (checkout === undefined || !existsSync(join(checkout, "data/api"))) {
  console.error("usage: node test/openapi/copy-spec.ts <checkout of matrix-org/matrix-spec>");
  process.exit(2);
}
for (const old of ["api", "event-schemas"]) rmSync(join(here, "spec", old), { recursive: true, force: true });
mkdirSync(join(here, "spec"), { recursive: true });
cpSync(join(checkout, "LICENSE"), join(here, "spec/LICENSE"));
copyChapters(join(checkout, "data"));
writeFileSync(join(here, "operations.json"), `${JSON.stringify(listOperations(join(checkout, "data")), null, 2)}\n`);
