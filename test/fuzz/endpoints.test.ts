import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { clientEndpoints } from "../../src/api/client/endpoints.ts";
import { startTestAppservice, type TestAppservice } from "../support/appservices/test-appservice.ts";
import { Client } from "../support/client.ts";
import { registerUser } from "../support/test-server.ts";
import { describe, problemsOf } from "./answer-problems.ts";
import { decentRecipes, type Recipe, recipes, requestOf } from "./hostile-request.ts";
import { MeasuredServer } from "./measured-server.ts";
import { type RawAnswer, sendRaw } from "./send-raw.ts";
import { furnish, isAlive, makeWorld, visibleState, type World } from "./world.ts";

const seed = Number(process.env["CLAVIGER_TEST_SEED"] ?? 20_261_121);
/** After one request to each endpoint that is as it should be. */
const runs = Number(process.env["CLAVIGER_FUZZ_RUNS"] ?? 500);

let bridge: TestAppservice;
let server: MeasuredServer;
let world: World;

before(async () => {
  const users = [{ exclusive: false, regex: "@mallory.*" }];
  bridge = await startTestAppservice({ id: "fuzz", users, url: null });
  server = await MeasuredServer.start({ appservices: [bridge.registrationFile] });
  const alice = new Client(server.url, await registerUser(server.url, "alice"));
  await furnish(alice);
  world = await makeWorld(server.url, alice, bridge.registration.asToken);
});
after(async () => {
  await server.close();
  await bridge.close();
});

test("E2: hostile requests to every endpoint are answered properly, at once, and leave nothing half done", async (t) => {
  t.diagnostic(`CLAVIGER_TEST_SEED=${seed}`);
  const answered = new Map<string, number>();
  let stateBefore = await visibleState(world);
  const property = fc.asyncProperty(recipes, async (recipe) => {
    const request = requestOf(recipe, world);
    let answer: RawAnswer | undefined;
    const held = await server.longestTurn(async () => {
      answer = await sendRaw(server.url, request);
    });
    assert.ok(answer);
    assert.deepEqual(problemsOf(request, answer), [], describe(request, answer));
    assert.ok(held < server.longestAllowed, `held the event loop for ${held} ms: ${describe(request, answer)}`);
    answered.set(
      `${request.operationId} ${answer.status}`,
      (answered.get(`${request.operationId} ${answer.status}`) ?? 0) + 1,
    );
    // A log-out that was asked for is none of a hostile request's damage.
    if (answer.status === 200 && !(await isAlive(world)))
      world = await makeWorld(server.url, world.alice, world.asToken);
    const stateAfter = await visibleState(world);
    if (answer.status >= 400) assert.equal(stateAfter, stateBefore, `changed something: ${describe(request, answer)}`);
    stateBefore = stateAfter;
  });
  const examples = decentRecipes.map((recipe): [Recipe] => [recipe]);
  await fc.assert(property, { seed, numRuns: examples.length + runs, examples });
  const reached = new Set([...answered.keys()].map((name) => name.split(" ")[0]));
  assert.deepEqual(
    clientEndpoints.map(({ operationId }) => operationId).filter((name) => !reached.has(name)),
    [],
  );
  t.diagnostic(JSON.stringify(Object.fromEntries([...answered].sort())));
});
