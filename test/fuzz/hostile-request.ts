import fc from "fast-check";
import { clientEndpoints } from "../../src/api/client/endpoints.ts";
import { brokenEscapes, hostileBodies, hostileHeaders, hostileNames } from "./hostile-text.ts";
import { type Mutation, mutateJson } from "./mutate-json.ts";
import { validBodies } from "./valid-bodies.ts";
import type { World } from "./world.ts";

/** What fast-check chooses and shrinks: numbers, each taken modulo what there is. */
export interface Recipe {
  readonly endpoint: number;
  readonly path: number;
  /** What stands for each variable of the path; 0 to 5 are values that fit. */
  readonly variables: readonly number[];
  readonly queries: readonly { readonly name: number; readonly value: number }[];
  readonly body: number;
  readonly mutations: readonly Mutation[];
  /** 0: the body as it is; else one of those that are no JSON. */
  readonly spoiled: number;
  readonly headers: readonly { readonly name: number; readonly value: number }[];
  /** Made by an appservice, as whom and as which device; small numbers stand for those that there are. */
  readonly asserted: { readonly user: number; readonly device: number } | undefined;
}

/** A request, not yet sent. */
export interface HostileRequest {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

const number = fc.nat({ max: 1000 });
/** Mostly one of the values that fit. */
const fitting = fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 5 }) }, number);
export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom("replace", "drop", "duplicate", "insert", "rename", "truncate"),
  place: fc.nat({ max: 100_000 }),
  choice: number,
} as const);

/** Those with a body have more that can go wrong, and some of the others only log out. */
const targets = clientEndpoints.flatMap((endpoint) =>
  Array.from({ length: endpoint.operationId in validBodies ? 5 : 1 }, () => endpoint),
);

/** Most requests are valid but for one or two things: those come furthest. */
export const recipes: fc.Arbitrary<Recipe> = fc.record({
  endpoint: number,
  path: number,
  variables: fc.array(fitting, { minLength: 2, maxLength: 2 }),
  queries: fc.array(fc.record({ name: number, value: number }), { maxLength: 3 }),
  body: number,
  mutations: fc.array(mutation, { maxLength: 3 }),
  spoiled: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, number),
  headers: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    fc.array(fc.record({ name: number, value: number }), { maxLength: 2 }),
  ),
  asserted: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.record({ user: fitting, device: fitting })),
});

/** Each endpoint once, asked as it should be. */
export const decentRecipes: readonly Recipe[] = clientEndpoints.map((endpoint) => ({
  ...{ endpoint: targets.indexOf(endpoint), path: 0, variables: [0, 0], queries: [], body: 0, mutations: [] },
  ...{ spoiled: 0, headers: [], asserted: undefined },
}));

export function requestOf(recipe: Recipe, world: World): HostileRequest {
  const { operationId, method, paths } = pick(targets, recipe.endpoint);
  const { mallory, asToken } = world;
  const token = recipe.asserted ? asToken : mallory.account.accessToken;
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  for (const { name, value } of recipe.headers) {
    headers[pick(["authorization", "content-type", "content-encoding", "accept-version", "x-odd"], name)] = pick(
      hostileHeaders,
      value,
    ).trim();
  }
  const query = [...queryOf(operationId, recipe, world), ...identityOf(recipe, world)].join("&");
  const path = pathOf(pick(paths, recipe.path), recipe.variables, world) + (query && `?${query}`);
  return { operationId, method, path, headers, body: bodyOf(operationId, method, recipe, world) };
}

export function pick<T>(from: readonly T[], choice: number): T {
  const picked = from[choice % from.length];
  if (picked === undefined) throw new Error("There is nothing to pick from");
  return picked;
}

function pathOf(pattern: string, choices: readonly number[], world: World): string {
  let variable = 0;
  return pattern.replaceAll(/:(\w+)/g, (_, name: string) => variableOf(name, choices[variable++] ?? 0, world));
}

/** What stands in the path for a variable: up to 5 something that fits. */
function variableOf(name: string, choice: number, { mallory, watcher, alice, filterId }: World): string {
  const fitting: Readonly<Record<string, readonly string[]>> = {
    userId: [mallory.userId, mallory.userId, alice.userId],
    deviceId: [mallory.deviceId, watcher.deviceId, "NONE"],
    filterId: [filterId, "none"],
    type: ["m.direct", "m.push_rules"],
    eventType: ["m.room.encrypted"],
    txnId: [String(choice)],
    appserviceId: ["fuzz", "none"],
    version: ["1", "2", "3"],
    roomId: ["!room:localhost", "!none:localhost"],
    roomAlias: ["#fuzzed:localhost", "#none:localhost", "#a:elsewhere.example"],
    roomIdOrAlias: ["#fuzzed:localhost", "!none:localhost", "#a:elsewhere.example"],
    sessionId: ["S", "T", "NONE"],
    kind: ["override", "content", "room", "underride"],
    ruleId: ["mine", ".m.rule.message", "none"],
    keyName: ["displayname", "avatar_url", "org.example.any"],
  };
  if (choice <= 5) return encodeURIComponent(pick(fitting[name] ?? [""], choice));
  const odd = [...hostileNames.map(escaped), ...brokenEscapes];
  return pick(odd, choice);
}

const queryNames = [
  "since",
  "filter",
  "full_state",
  "from",
  "to",
  "username",
  "token",
  "kind",
  "access_token",
  "odd",
  "version",
];

/** Parameters without which a request does not get far. */
const requiredQueries: Readonly<Record<string, { readonly name: number; readonly value: number }>> = {
  checkUsernameAvailability: { name: queryNames.indexOf("username"), value: 1 },
  getKeysChanges: { name: queryNames.indexOf("from"), value: 0 },
  registrationTokenValidity: { name: queryNames.indexOf("token"), value: 1 },
};

/** A timeout is always one that ends at once: a sync with a real one waits. */
function queryOf(operationId: string, { queries }: Recipe, { syncToken, filterId }: World): string[] {
  const required = requiredQueries[operationId];
  const inBackup = /^(get|put|delete)RoomKeys?(By|$)/.test(operationId) ? ["version=1"] : [];
  const chosen = (queries.length === 0 && required ? [required] : queries).map(({ name, value }) => {
    if (name % 11 === 10)
      return `timeout=${pick(["0", "1", "-1", "abc", "1e3", "0.5", "99999999999999999999", ""], value)}`;
    const fitting = [syncToken, filterId, "true", mutatedToken(syncToken, value)];
    const odd = [...fitting, ...hostileNames].map(escaped);
    return `${pick(queryNames, name)}=${pick([...odd, ...brokenEscapes], value)}`;
  });
  return chosen.some((query) => query.startsWith("version=")) ? chosen : [...inBackup, ...chosen];
}

/** As whom an appservice says it acts. */
function identityOf({ asserted }: Recipe, { mallory, watcher, alice }: World): string[] {
  if (!asserted) return [];
  const odd = [...hostileNames.map(escaped), ...brokenEscapes];
  const users = [...Array<string>(5).fill(mallory.userId), alice.userId].map(escaped);
  const devices = [...Array<string>(4).fill(mallory.deviceId), watcher.deviceId, "NONE"].map(escaped);
  const { user, device } = asserted;
  return [`user_id=${pick([...users, ...odd], user)}`, `device_id=${pick([...devices, ...odd], device)}`];
}

/** One character of the token is another. */
function mutatedToken(token: string, choice: number): string {
  const at = choice % token.length;
  return token.slice(0, at) + pick(["z", "0", "_", "-", ".", "é", ""], choice) + token.slice(at + 1);
}

function bodyOf(operationId: string, method: string, recipe: Recipe, world: World): Buffer | undefined {
  if (method === "GET") return undefined;
  const bodies = validBodies[operationId]?.(world) ?? [{}];
  const text = mutateJson(JSON.stringify(pick(bodies, recipe.body)), recipe.mutations);
  return recipe.spoiled === 0 ? Buffer.from(text) : pick(hostileBodies(text), recipe.spoiled);
}

export function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
