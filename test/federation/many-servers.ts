import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, newClient } from "../support/client.ts";
import { eventually } from "./eventually.ts";
import { serverNameOf } from "./federated-servers.ts";
import { type Heard, type Json, type PlayedServer, PlayedServers, silence } from "./played-servers.ts";
import { ServerProcess } from "./server-process.ts";

/** A Claviger in a process of its own, and the many servers that it talks to. */
interface ManyHouse {
  readonly process: ServerProcess;
  readonly played: PlayedServer[];
  readonly alice: Client;
}

async function withMany<T>(count: number, work: (house: ManyHouse) => Promise<T>): Promise<T> {
  const names = Array.from({ length: count }, (_, index) => serverNameOf(`many-${index}`));
  const played = await PlayedServers.start(...names);
  const folder = await mkdtemp(join(tmpdir(), "claviger-many-"));
  const process = await ServerProcess.create({
    ...{ name: serverNameOf("claviger"), folder, database: { engine: "sqlite" } },
    overrides: () => played.overrides,
  });
  try {
    await process.start();
    return await work({ process, played: played.all, alice: await newClient(process.url, "alice") });
  } finally {
    await process.close();
    await played.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Times are ms. */
export interface ManyServersFigures {
  readonly servers: number;
  /** What the slowest living server takes to answer. */
  readonly slowest: number;
  /** What a request over all living servers took, and that over the slowest one's time. */
  readonly query: number;
  readonly queryRatio: number;
  readonly claim: number;
  readonly claimRatio: number;
  /** From the first server's being asked to the last one's. */
  readonly askedWithin: number;
  /** What a claim that a dead server had part in took, and how long it was given. */
  readonly claimWithDead: number;
  readonly timeout: number;
  /** What both took once the dead server had failed often enough to be known for it. */
  readonly laterQuery: number;
  readonly laterClaim: number;
  /** Who stood in `failures` of the requests that the dead one had part in: its name alone. */
  readonly failures: readonly string[];
}

export interface ManyServersOptions {
  readonly servers: number;
  /** Ms that the slow one takes; the others take up to a third of it. */
  readonly slowest?: number;
  readonly timeout?: number;
}

/**
 * A query and a claim of one client over all servers, one of which is slow; then the same with one that is dead: it takes
 * connections and requests, and never answers.
 */
export function runManyServers({
  servers,
  slowest = 1000,
  timeout = 5000,
}: ManyServersOptions): Promise<ManyServersFigures> {
  return withMany(servers, async ({ played, alice }) => {
    const dead = played[0]!;
    for (const [index, server] of played.entries()) {
      const delay = index === 1 ? slowest : ((index * 37) % 100) * (slowest / 300);
      const { query, claim } = server.on;
      const late = (behaviour: typeof query) => async (heard: Heard) => {
        await pause(delay);
        return behaviour(heard);
      };
      Object.assign(server.on, { query: late(query), claim: late(claim) });
      server.addDevice("user", "PHONE");
    }
    const silent = () => silence;
    Object.assign(dead.on, { query: silent, claim: silent, devices: silent });
    const living = played.slice(1);
    // Connections are made by the first requests; what is measured is the second ones.
    await askAll(alice, living, timeout * 4);
    for (const { heard } of played) heard.length = 0;
    const { queried, claimed, query, claim } = await askAll(alice, living, timeout * 4);
    assertGiven(living, queried, claimed);
    for (const { failures } of [queried, claimed]) assert.deepEqual(failures ?? {}, {});
    const arrivals = living.map((server) => server.heardOn("claim")[0]!.at);

    const withDead = await askAll(alice, played, timeout);
    assertGiven(living, withDead.queried, withDead.claimed);
    for (const { failures } of [withDead.queried, withDead.claimed]) {
      assert.deepEqual(Object.keys(failures), [dead.name]);
    }
    assert.ok(!(dead.userId("user") in withDead.claimed.one_time_keys));
    // A third failure in a row.
    const wanted = { [dead.userId("user")]: { PHONE: "signed_curve25519" } };
    await alice.post("/keys/claim", { one_time_keys: wanted, timeout });
    const later = await askAll(alice, played, timeout);
    assertGiven(living, later.queried, later.claimed);
    for (const { failures } of [later.queried, later.claimed]) assert.deepEqual(Object.keys(failures), [dead.name]);
    return {
      ...{ servers, slowest, query, queryRatio: query / slowest, claim, claimRatio: claim / slowest, timeout },
      askedWithin: Math.max(...arrivals) - Math.min(...arrivals),
      claimWithDead: withDead.claim,
      ...{ laterQuery: later.query, laterClaim: later.claim },
      failures: Object.keys(withDead.claimed.failures),
    };
  });
}

async function askAll(alice: Client, servers: readonly PlayedServer[], timeout: number) {
  const users = servers.map((server) => server.userId("user"));
  const began = performance.now();
  const queried = await alice.post("/keys/query", {
    device_keys: Object.fromEntries(users.map((userId) => [userId, []])),
    timeout,
  });
  const between = performance.now();
  const claimed = await alice.post("/keys/claim", {
    one_time_keys: Object.fromEntries(users.map((userId) => [userId, { PHONE: "signed_curve25519" }])),
    timeout,
  });
  const end = performance.now();
  return { queried: queried.body, claimed: claimed.body, query: between - began, claim: end - between };
}

function assertGiven(servers: readonly PlayedServer[], queried: Json, claimed: Json): void {
  for (const server of servers) {
    const userId = server.userId("user");
    assert.deepEqual(Object.keys(queried.device_keys[userId]), ["PHONE"]);
    assert.equal(Object.keys(claimed.one_time_keys[userId].PHONE).length, 1);
  }
}

export interface ManyDestinationsFigures {
  readonly destinations: number;
  readonly dead: number;
  /** Ms from the first transaction at any destination until the last living one has its first. */
  readonly untilLast: number;
  /** Transactions that had arrived by then, and the most of them at one destination. */
  readonly deliveriesUntilLast: number;
  readonly mostAtOne: number;
  /** Ms from the first transaction until everything had arrived that can. */
  readonly untilAll: number;
  /** Bytes of the process's heap, and of its memory, more than before, for each destination. */
  readonly heapPerDestination: number;
  readonly memoryPerDestination: number;
}

export interface ManyDestinationsOptions {
  readonly destinations: number;
  readonly dead?: number;
  /** For each destination, one after another. */
  readonly messages?: number;
}

/** Users to whom one request sends. */
const atOnce = 50;

/** A user writes to users of many servers, some of which are dead: they take requests and never answer. */
export function runManyDestinations({
  destinations,
  dead: deadCount = Math.ceil(destinations / 10),
  messages = 5,
}: ManyDestinationsOptions): Promise<ManyDestinationsFigures> {
  return withMany(destinations, async ({ process, played, alice }) => {
    // Spread over the names, for they may be taken in their order.
    const dead = new Set(
      played.filter((_, index) => index % Math.floor(destinations / deadCount) === 0).slice(0, deadCount),
    );
    const living = played.filter((server) => !dead.has(server));
    for (const server of dead)
      for (const route of ["send", "devices", "keys"] as const) server.on[route] = () => silence;
    for (const server of played) server.addDevice("user", "PHONE");
    const before = await memoryOf(process);
    for (let number = 0; number < messages; number++) {
      for (let begin = 0; begin < destinations; begin += atOnce) {
        const addressed = played.slice(begin, begin + atOnce);
        const to = Object.fromEntries(addressed.map((server) => [server.userId("user"), { PHONE: { number } }]));
        const { status, body } = await alice.send("m.test", `${number} from ${begin}`, to);
        assert.equal(status, 200, JSON.stringify(body));
      }
    }
    await eventually(() => {
      const missing = living.filter((server) => numbersAt(server).size < messages);
      assert.equal(missing.length, 0, `${missing.length} of ${living.length} living servers wait for messages`);
    });
    const after = await memoryOf(process);
    for (const server of living) {
      assert.deepEqual(
        [...numbersAt(server).values()],
        Array.from({ length: messages }, (_, number) => number),
        "in order, each once",
      );
    }
    const firsts = living.map((server) => server.heardOn("send")[0]!.at);
    const all = living.flatMap((server) => server.heardOn("send").map(({ at }) => at));
    const [first, last] = [Math.min(...firsts), Math.max(...firsts)];
    const untilThen = living.map((server) => server.heardOn("send").filter(({ at }) => at <= last).length);
    return {
      ...{ destinations, dead: dead.size, untilLast: last - first, untilAll: Math.max(...all) - first },
      deliveriesUntilLast: untilThen.reduce((sum, count) => sum + count, 0),
      mostAtOne: Math.max(...untilThen),
      heapPerDestination: (after.heap - before.heap) / destinations,
      memoryPerDestination: (after.resident - before.resident) / destinations,
    };
  });
}

/** The numbers of the messages that a server was sent, by message id. */
function numbersAt(server: PlayedServer): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const { body } of server.heardOn("send")) {
    for (const { edu_type: type, content } of body.edus) {
      if (type !== "m.direct_to_device") continue;
      numbers.set(content.message_id, content.messages[server.userId("user")].PHONE.number);
    }
  }
  return numbers;
}

/** Bytes: the least of some looks, for in between there is garbage. */
async function memoryOf({ url }: ServerProcess): Promise<{ readonly heap: number; readonly resident: number }> {
  const looks: { heap: number; resident: number }[] = [];
  for (let look = 0; look < 20; look++) {
    const text = await (await fetch(`${url}/metrics`)).text();
    const read = (name: string) => Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "m").exec(text)?.[1]);
    looks.push({ heap: read("nodejs_heap_size_used_bytes"), resident: read("process_resident_memory_bytes") });
    await pause(50);
  }
  return {
    heap: Math.min(...looks.map(({ heap }) => heap)),
    resident: Math.min(...looks.map(({ resident }) => resident)),
  };
}
