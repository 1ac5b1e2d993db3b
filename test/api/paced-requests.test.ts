import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call, Endpoint } from "../../src/api/endpoint.ts";
import { createHttpServer } from "../../src/api/http-server.ts";
import { openHouse } from "../domain/open-house.ts";

/** Ms that each request takes. */
const work = 2;

test("E2: many requests that come at once are begun some in each turn of the event loop, in their order", async (t) => {
  const house = await openHouse(t);
  const begun: string[] = [];
  const endpoint: Endpoint<object> = {
    ...{ operationId: "slow", method: "GET", paths: ["/slow/:number"], caller: "anyone", rateLimit: "other", spec: "" },
    handle: async (_deps: object, { params }: Pick<Call<unknown>, "params">) => {
      begun.push(params["number"] ?? "");
      house.clock.advance(work);
      return {};
    },
  };
  const ignore = () => undefined;
  const server = createHttpServer([endpoint], house, {
    ...{ tls: undefined, maxBodyBytes: 1000, limiter: undefined, plainRoutes: [] },
    log: { finished: ignore, failed: ignore },
  });
  t.after(() => server.close());
  await server.ready();
  const numbers = Array.from({ length: 20 }, (_, number) => String(number));
  const asked = Promise.all(numbers.map((number) => server.inject({ method: "GET", url: `/slow/${number}` })));
  const inTurn: number[] = [];
  while (begun.length < numbers.length) {
    const before = begun.length;
    await new Promise(setImmediate);
    inTurn.push(begun.length - before);
  }
  for (const { statusCode } of await asked) assert.equal(statusCode, 200);
  assert.deepEqual(begun, numbers);
  assert.ok(Math.max(...inTurn) * work <= 6, `${inTurn}`);
});
