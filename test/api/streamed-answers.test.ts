import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { type TestContext, test } from "node:test";
import { type Endpoint, StreamedJson } from "../../src/api/endpoint.ts";
import { createHttpServer } from "../../src/api/http-server.ts";
import { openHouse } from "../domain/open-house.ts";

/** Far more than sockets and streams hold back on the way. */
const mostPieces = 10_000;
const piece = `"${"x".repeat(65_533)}",`;

/** Serves one answer, and tells what becomes of it. */
async function serve(t: TestContext, pieces: (told: string[]) => AsyncIterable<string>) {
  const told: string[] = [];
  const endpoint: Endpoint<object> = {
    ...{ operationId: "streamed", method: "GET", paths: ["/streamed"], caller: "anyone", rateLimit: "other", spec: "" },
    handle: async () => new StreamedJson(pieces(told)),
  };
  const server = createHttpServer([endpoint], await openHouse(t), {
    ...{ tls: undefined, maxBodyBytes: 1000, limiter: undefined, plainRoutes: [] },
    log: {
      finished: (_operationId, _request, { statusCode }) => void told.push(`finished ${statusCode}`),
      failed: (operationId, _request, cause) => void told.push(`failed ${operationId}: ${cause}`),
    },
  });
  const url = await server.listen({ port: 0, host: "127.0.0.1" });
  t.after(() => server.close());
  return { told, url: `${url}/streamed` };
}

async function ask(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), "response")) as [IncomingMessage];
  return response;
}

/** Until `settled` has given the same number for a long run of turns. */
async function settled(value: () => number): Promise<number> {
  for (let last = value(), same = 0; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    same = value() === last ? same + 1 : 0;
    last = value();
    if (same === 20) return last;
  }
}

test("a streamed answer arrives whole, as JSON", async (t) => {
  const { told, url } = await serve(t, async function* () {
    yield '{"pieces":[';
    for (let n = 0; n < 100; n++) yield piece;
    yield "1]}";
  });
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  const { pieces } = (await response.json()) as { pieces: unknown[] };
  assert.equal(pieces.length, 101);
  assert.deepEqual(told, ["finished 200"]);
});

test("no more is asked for than the caller takes", async (t) => {
  let asked = 0;
  const { told, url } = await serve(t, async function* () {
    for (; asked < mostPieces; asked++) yield piece;
  });
  const response = await ask(url);
  // Nobody reads: what was asked for is on its way, and no more comes.
  const first = await settled(() => asked);
  assert.ok(first < mostPieces / 10, `${first} pieces were asked for`);
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  assert.deepEqual([asked, bytes], [mostPieces, mostPieces * piece.length]);
  assert.deepEqual(told, ["finished 200"]);
});

test("a caller who hangs up ends the reading", async (t) => {
  const ended = Promise.withResolvers<void>();
  let asked = 0;
  const { told, url } = await serve(t, async function* (events) {
    try {
      for (; asked < mostPieces; asked++) yield piece;
    } finally {
      events.push("ended");
      ended.resolve();
    }
  });
  const response = await ask(url);
  await once(response, "readable");
  response.destroy();
  await ended.promise;
  assert.ok(asked < mostPieces, `${asked} pieces were asked for`);
  assert.ok(!told.some((event) => event.startsWith("failed")), told.join("\n"));
});

test("a failure in the middle cuts the answer off, and is logged", async (t) => {
  const { told, url } = await serve(t, async function* () {
    yield '{"pieces":[';
    yield piece;
    throw new Error("the disk is gone");
  });
  const response = await ask(url);
  assert.equal(response.statusCode, 200);
  await assert.rejects(async () => {
    for await (const _ of response);
  }, /aborted/);
  assert.equal(response.complete, false);
  assert.deepEqual(
    told.filter((event) => event.startsWith("failed")),
    ["failed streamed: Error: the disk is gone"],
  );
});
