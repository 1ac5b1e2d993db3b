import { sign } from "node:crypto";
import fc from "fast-check";
import { federationEndpoints } from "../../src/api/federation/endpoints.ts";
import { canonicalJson } from "../../src/protocol/canonical-json.ts";
import { directToDevice, type PlayedServer } from "../federation/played-servers.ts";
import type { Client } from "../support/client.ts";
import { CrossSigningKeys, KeyedDevice } from "../support/signed-keys.ts";
import { escaped, type HostileRequest, mutation, pick } from "./hostile-request.ts";
import { brokenEscapes, hostileBodies, hostileNames } from "./hostile-text.ts";
import { type Mutation, mutateJson } from "./mutate-json.ts";

/** What fast-check chooses and shrinks: numbers, each taken modulo what there is. */
export interface ServerRecipe {
  readonly endpoint: number;
  readonly path: number;
  /** What stands for the variable of the path, and in the query; 0 to 5 are values that fit. */
  readonly variable: number;
  readonly query: number;
  readonly body: number;
  readonly mutations: readonly Mutation[];
  /** 0: the body as it is; else one of those that are no JSON. */
  readonly spoiled: number;
  /** Whether the signature is made over what is sent, or over what would be right. */
  readonly isSignedLast: boolean;
  readonly header: { readonly kind: HeaderChange; readonly place: number; readonly choice: number } | undefined;
}

type HeaderChange = "truncate" | "replace" | "drop" | "repeat" | "insert" | "none";

const number = fc.nat({ max: 1000 });
const fitting = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 5 }) }, number);

/** Those with a body have more that can go wrong. */
const targets = federationEndpoints.flatMap((endpoint) =>
  Array.from({ length: endpoint.method === "GET" ? 1 : 4 }, () => endpoint),
);

export const serverRecipes: fc.Arbitrary<ServerRecipe> = fc.record({
  endpoint: number,
  path: number,
  variable: fitting,
  query: fitting,
  body: number,
  mutations: fc.array(mutation, { maxLength: 3 }),
  spoiled: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, number),
  isSignedLast: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
  header: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    fc.record({
      kind: fc.constantFrom("truncate", "replace", "drop", "repeat", "insert", "none"),
      place: number,
      choice: number,
    } as const),
  ),
});

/** Each endpoint once, asked as it should be. */
export const decentServerRecipes: readonly ServerRecipe[] = federationEndpoints.map((endpoint) => ({
  ...{ endpoint: targets.indexOf(endpoint), path: 0, variable: 0, query: 1, body: 0, mutations: [], spoiled: 0 },
  ...{ isSignedLast: true, header: undefined },
}));

/** The request that `from` makes. */
export function serverRequestOf(recipe: ServerRecipe, from: PlayedServer, alice: Client): HostileRequest {
  const { operationId, method, paths, caller } = pick(targets, recipe.endpoint);
  const path = pathOf(pick(paths, recipe.path), recipe, from, alice) + queryOf(operationId, recipe, alice);
  const right = method === "GET" ? undefined : JSON.stringify(pick(bodiesOf(operationId, from, alice), recipe.body));
  const body = right === undefined ? undefined : bodyOf(right, recipe);
  const headers: Record<string, string> = {};
  if (caller === "server") {
    const signed = recipe.isSignedLast || right === undefined ? body : Buffer.from(right);
    const authorization = changedHeader(headerOf(from, method, path, signed), recipe.header);
    if (authorization !== undefined) headers["authorization"] = authorization;
  }
  return { operationId, method, path, headers, body };
}

/** Signs the bytes of the body, be they canonical JSON, JSON or neither. */
export function headerOf(from: PlayedServer, method: string, uri: string, body: Buffer | undefined): string {
  const rest = canonicalJson({ method, uri, origin: from.name, destination: "localhost" });
  const bytes =
    body === undefined
      ? Buffer.from(rest)
      : Buffer.concat([Buffer.from('{"content":'), body, Buffer.from(`,${rest.slice(1)}`)]);
  const signature = sign(null, bytes, from.pair.privateKey).toString("base64").replaceAll("=", "");
  return `X-Matrix origin="${from.name}",destination="localhost",key="${from.keyId}",sig="${signature}"`;
}

function changedHeader(header: string, change: ServerRecipe["header"]): string | undefined {
  if (change === undefined) return header;
  const { kind, place, choice } = change;
  const parts = header.slice("X-Matrix ".length).split(",");
  const at = place % parts.length;
  // What a header may have; a name that is longer than all headers may be says nothing new.
  const odd = pick([...hostileNames, '\\"', '"', "\\", ",,,", "=", "a=b", "é"], choice)
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, "?")
    .slice(0, 4500);
  const name = parts[at]?.split("=")[0] ?? "";
  const write = (changed: readonly string[]) => `X-Matrix ${changed.join(",")}`;
  switch (kind) {
    case "none":
      return undefined;
    case "truncate":
      return header.slice(0, place % header.length);
    case "drop":
      return write(parts.toSpliced(at, 1));
    case "repeat":
      return write(parts.toSpliced(at, 0, parts[choice % parts.length] ?? ""));
    case "insert":
      return write(parts.toSpliced(at, 0, odd));
    case "replace":
      return write(parts.toSpliced(at, 1, choice % 2 === 0 ? `${name}="${odd}"` : `${name}=${odd}`));
  }
}

function pathOf(pattern: string, { variable }: ServerRecipe, from: PlayedServer, alice: Client): string {
  const fittingValues: Readonly<Record<string, readonly string[]>> = {
    userId: [alice.userId, "@nobody:localhost", from.userId("mallory")],
    txnId: [`t${variable}`],
    serverName: [from.name, "localhost", "elsewhere.example"],
    keyId: ["ed25519:auto"],
  };
  const odd = [...hostileNames.map(escaped), ...brokenEscapes];
  return pattern.replaceAll(/:(\w+)/g, (_, name: string) =>
    variable <= 5 ? encodeURIComponent(pick(fittingValues[name] ?? [""], variable)) : pick(odd, variable),
  );
}

function queryOf(operationId: string, { query }: ServerRecipe, alice: Client): string {
  const name = { exchangeOpenIdToken: "access_token", queryProfile: "user_id" }[operationId];
  if (name === undefined) return query === 0 ? `?${pick(brokenEscapes, query)}` : "";
  if (query <= 5) return `?${name}=${encodeURIComponent(alice.userId)}${query === 5 ? "&field=displayname" : ""}`;
  return `?${name}=${pick([...hostileNames.map(escaped), ...brokenEscapes], query)}`;
}

function bodyOf(right: string, { mutations, spoiled }: ServerRecipe): Buffer {
  const text = mutateJson(right, mutations);
  return spoiled === 0 ? Buffer.from(text) : pick(hostileBodies(text), spoiled);
}

let messages = 0;

/** Bodies that another server might send. */
function bodiesOf(operationId: string, from: PlayedServer, alice: Client): readonly object[] {
  const mallory = from.userId("mallory");
  switch (operationId) {
    case "claimUserEncryptionKeys": {
      const devices = { [alice.deviceId]: "signed_curve25519", NONE: "signed_curve25519" };
      return [{ one_time_keys: { [alice.userId]: devices, "@nobody:localhost": { A: "a" } } }];
    }
    case "queryUserEncryptionKeys":
      return [{ device_keys: { [alice.userId]: [], "@nobody:localhost": ["A"] } }];
    case "bulkPerspectivesKeyQuery":
      return [{ server_keys: { [from.name]: { [from.keyId]: { minimum_valid_until_ts: 1 } }, localhost: {} } }];
    case "sendTransaction":
      return [
        transactionOf(from, [direct(), update(1, []), signing()]),
        transactionOf(from, [update(2, [1]), ...rest()]),
      ];
    default:
      return [{}];
  }

  function direct(): object {
    return directToDevice(mallory, { userId: alice.userId, deviceId: "*" }, { n: messages }, `m${messages++}`);
  }

  function update(streamId: number, previous: readonly number[]): object {
    const keys = new KeyedDevice({ userId: mallory, deviceId: "PHONE" }).deviceKeys();
    const content = { user_id: mallory, device_id: "PHONE", stream_id: streamId, prev_id: previous, keys };
    return { edu_type: "m.device_list_update", content };
  }

  function signing(): object {
    const { master_key, self_signing_key } = new CrossSigningKeys(mallory).body();
    return { edu_type: "m.signing_key_update", content: { user_id: mallory, master_key, self_signing_key } };
  }

  function rest(): object[] {
    const typing = { room_id: "!r:localhost", user_id: mallory, typing: true };
    return [{ edu_type: "m.typing", content: typing }, { edu_type: "m.presence", content: { push: [] } }, direct()];
  }
}

function transactionOf(from: PlayedServer, edus: readonly object[]): object {
  return { origin: from.name, origin_server_ts: 1_790_000_000_000, pdus: [], edus };
}
