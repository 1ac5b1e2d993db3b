// Who may import whom. ARCHITECTURE.md shows the same as a picture; `npm run check` runs it through scripts/check/arrows.ts.

/**
 * What each room of `src/` may import beside itself, as paths under `src/`.
 * @type {Record<string, string[]>}
 */
export const rooms = {
  protocol: [],
  domain: ["protocol/"],
  api: ["protocol/", "domain/"],
  workers: ["protocol/", "domain/"],
  adapters: ["protocol/", "domain/"],
  config: ["protocol/"],
  assembly: ["protocol/", "domain/", "api/", "workers/", "adapters/", "config/"],
  cli: ["config/", "app.ts"],
};

/** The subjects of `src/domain/`, lowest first. A subject imports lower ones only: neither higher ones nor its neighbours. */
export const subjects = [
  ["kernel"],
  ["authentication"],
  ["federation-out", "appservices"],
  ["rooms"],
  ["device-lists"],
  ["remote-device-lists", "push-rules"],
  ["device-keys", "one-time-keys", "cross-signing", "to-device", "account-data", "key-backup", "filters"],
  ["profiles", "room-aliases", "receipts", "typing"],
  ["key-directory", "room-timelines"],
  ["room-memberships"],
  ["devices"],
  ["accounts"],
  ["federation-in", "federation-feed", "sync", "appservice-feed"],
];

const outboundAdapters = "^src/adapters/(federation|appservices)/";

/** @param {string} names alternatives of a regular expression; the package may be missing (then its bare name is what is seen) */
const npmPackages = (names) => `(^|/)node_modules/(@types/)?(${names})/|^(${names})$`;

/** @param {string} names */
const nodeModules = (names) => `^(node:)?(${names})$`;

const roomRules = Object.entries(rooms).map(([room, others]) => ({
  name: `room-${room}`,
  comment: `src/${room}/ may import ${["itself", ...others].join(", ")}`,
  from: { path: `^src/${room}/` },
  to: { path: "^src/", pathNot: `^src/(${[`${room}/`, ...others].join("|")})` },
}));

const subjectRules = subjects.flatMap((level, height) =>
  level.map((subject) => ({
    name: `subject-${subject}`,
    comment: `src/domain/${subject}/ may import lower subjects only; what two neighbours share sinks into a lower one`,
    from: { path: `^src/domain/${subject}/` },
    to: { path: "^src/domain/", pathNot: `^src/domain/(${[subject, ...subjects.slice(0, height).flat()].join("|")})/` },
  })),
);

/** @type {import("dependency-cruiser").IForbiddenRuleType[]} */
const rules = [
  ...roomRules,
  ...subjectRules,
  {
    name: "api-knows-no-store",
    comment: "an endpoint calls a use case; the use case gets its stores from the unit of work",
    from: { path: "^src/api/" },
    to: { path: "^src/domain/.*-store\\.ts$" },
  },
  {
    name: "adapter-knows-no-other",
    comment: "an adapter knows no other adapter; app.ts puts them together",
    from: { path: "^src/adapters/([^/]+)/" },
    to: { path: "^src/adapters/", pathNot: "^src/adapters/$1/" },
  },
  {
    name: "adapter-implements-ports",
    comment: "a port is a type: from domain an adapter takes only types (the kernel's errors and values aside)",
    from: { path: "^src/adapters/" },
    to: { path: "^src/domain/", pathNot: "^src/domain/kernel/", dependencyTypesNot: ["type-only"] },
  },
  {
    name: "app-is-the-top",
    comment: "app.ts assembles the server; only the command line starts it",
    from: { path: "^src/", pathNot: "^src/(cli/|app\\.ts$)" },
    to: { path: "^src/app\\.ts$" },
  },
  {
    name: "assembly-is-for-app",
    comment: "the parts of the assembly are put together in app.ts",
    from: { path: "^src/", pathNot: "^src/(assembly/|app\\.ts$)" },
    to: { path: "^src/assembly/" },
  },
  {
    name: "sql-in-adapters-sql",
    comment: "SQL drivers and the query builder stay under src/adapters/sql",
    from: { path: "^src/", pathNot: "^src/adapters/sql/" },
    to: { path: `${npmPackages("better-sqlite3|kysely|pg|pg-[^/]+|postgres")}|${nodeModules("sqlite")}` },
  },
  {
    name: "http-server-in-api",
    comment: "the HTTP server framework stays in src/api (and in the assembly, which starts it)",
    from: { path: "^src/", pathNot: "^src/(api/|assembly/|app\\.ts$)" },
    to: { path: npmPackages("fastify|@fastify/[^/]+") },
  },
  {
    name: "http-client-in-outbound-adapters",
    comment: "requests go out through src/adapters/federation and src/adapters/appservices only",
    from: { path: "^src/", pathNot: outboundAdapters },
    to: { path: npmPackages("undici|axios|got|node-fetch") },
  },
  {
    name: "node-http-in-outbound-adapters",
    comment: "as above; types are allowed, for the server's requests and responses have theirs from node:http",
    from: { path: "^src/", pathNot: outboundAdapters },
    to: { path: nodeModules("https?|http2"), dependencyTypesNot: ["type-only"] },
  },
  {
    name: "no-io-in-domain",
    comment: "protocol and domain do no input or output: they have ports",
    from: { path: "^src/(protocol|domain)/" },
    to: {
      path: nodeModules(
        "fs|fs/promises|https?|http2|tls|dns|dns/promises|dgram|child_process|worker_threads|cluster|os|process|readline|inspector",
      ),
    },
  },
  {
    name: "nothing-from-outside",
    comment: "the product does not need its tests, tools and benchmarks",
    from: { path: "^src/" },
    to: { path: "^(test|scripts|bench|examples)/" },
  },
  {
    name: "no-development-packages",
    comment: "what src/ imports is a dependency in package.json",
    from: { path: "^src/" },
    to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
  },
  {
    name: "no-unresolved",
    comment: "an import that leads nowhere is an arrow that nobody checks",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "no-circle",
    comment: "types count too: a circle of types is two files that cannot be read one after the other",
    from: {},
    to: { circular: true },
  },
];

/** @type {import("dependency-cruiser").IConfiguration} */
const configuration = {
  forbidden: rules.map((rule) => ({ ...rule, severity: "error" })),
  options: {
    // dependency-cruiser cannot use TypeScript 7 and would then see no module at all, and call that a success.
    parser: "swc",
    doNotFollow: { path: "(^|/)node_modules/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};

export default configuration;
