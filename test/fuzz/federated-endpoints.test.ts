import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { federationEndpoints } from "../../src/api/federation/endpoints.ts";
import { describe, problemsOf } from "./answer-problems.ts";
import { decentServerRecipes, type ServerRecipe, serverRecipes, serverRequestOf } from "./hostile-server-request.ts";
import { type RawAnswer, sendRaw } from "./send-raw.ts";
import { keysAndMessages, makeServerWorld, type ServerWorld } from "./server-world.ts";

const seed = Number(process.env["CLAVIGER_TEST_SEED"] ?? 20_261_121);
/** After one request to each endpoint that is as it should be. */
const runs = Number(process.env["CLAVIGER_FUZZ_RUNS"] ?? 300);

let world: ServerWorld;

before(async () => {
  world = await makeServerWorld(["one", "two", "three"]);
  for (const other of world.others) other.addDevice("mallory", "PHONE");
});
after(() => world.close());

test("E2: hostile requests of servers are answered properly, at once, and leave nothing half done", async (t) => {
  t.diagnostic(`CLAVIGER_TEST_SEED=${seed}`);
  const { server, alice, others } = world;
  const answered = new Map<string, number>();
  let since: string | undefined;
  let stateBefore = await keysAndMessages(alice, since);
  const property = fc.asyncProperty(serverRecipes, fc.nat(), async (recipe, which) => {
    const from = others[which % others.length] ?? assert.fail("there are others");
    const request = serverRequestOf(recipe, from, alice);
    let answer: RawAnswer | undefined;
    const held = await server.longestTurn(async () => {
      answer = await sendRaw(server.url, request);
    });
    assert.ok(answer);
    assert.deepEqual(problemsOf(request, answer), [], describe(request, answer));
    assert.ok(held < server.longestAllowed, `held the event loop for ${held} ms: ${describe(request, answer)}`);
    const name = `${request.operationId} ${answer.status}`;
    answered.set(name, (answered.get(name) ?? 0) + 1);
    // What has come is acknowledged, so that there is always room in an answer.
    if (answer.status === 200) since = (await alice.sync(since)).next_batch;
    const stateAfter = await keysAndMessages(alice, since);
    if (answer.status >= 400) assert.equal(stateAfter, stateBefore, `changed something: ${describe(request, answer)}`);
    stateBefore = stateAfter;
  });
  const examples = decentServerRecipes.map((recipe, which): [ServerRecipe, number] => [recipe, which]);
  await fc.assert(property, { seed, numRuns: examples.length + runs, examples });
  const reached = new Set([...answered.keys()].map((name) => name.split(" ")[0]));
  assert.deepEqual(
    federationEndpoints.map(({ operationId }) => operationId).filter((name) => !reached.has(name)),
    [],
  );
  t.diagnostic(JSON.stringify(Object.fromEntries([...answered].sort())));
});
