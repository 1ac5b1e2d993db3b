import type { TestContext } from "node:test";
import { type PlayedServer, PlayedServers } from "../federation/played-servers.ts";
import { authorizationOf } from "../federation/x-matrix.ts";
import { wrapFetch } from "../openapi/checking-fetch.ts";
import { afterTest } from "../support/after-test.ts";
import type { Answer } from "../support/client.ts";
import { authorityFile } from "../support/tls/certificates.ts";

const checkedFetch = wrapFetch((input, init) => globalThis.fetch(input, init), ["/_matrix/"]);

/** The name of the seeded servers of `seeded-server.ts`. */
export const houseName = "localhost";

/** Servers that tests play, `one.claviger.test` for `one`; gone after the test. */
export async function playServers<const Names extends readonly string[]>(
  t: TestContext,
  ...names: Names
): Promise<{ played: PlayedServers; servers: { [Index in keyof Names]: PlayedServer } }> {
  const played = await PlayedServers.start(...names.map((name) => `${name}.claviger.test`));
  afterTest(t, () => played.close());
  return { played, servers: played.all as { [Index in keyof Names]: PlayedServer } };
}

/** The sections of a seeded server's config with which it talks to played servers, and listens to them. */
export function federating(played: PlayedServers) {
  return {
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "federation", "health"] }],
    federation: { trusted_ca: [authorityFile], resolve_overrides: played.overrides },
  };
}

/**
 * A signed request of another server to a seeded one. Its answer is held against the specification.
 *
 * @param path without `/_matrix/federation/v1`
 */
export async function ask(
  from: PlayedServer,
  url: string,
  method: string,
  path: string,
  content?: object,
): Promise<Answer> {
  const uri = `/_matrix/federation/v1${path}`;
  const request = { method, uri, origin: from.name, destination: houseName, ...(content && { content }) };
  const response = await checkedFetch(`${url}${uri}`, {
    method,
    headers: { authorization: authorizationOf(request, from.keyId, from.pair) },
    ...(content && { body: JSON.stringify(content) }),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

export function sendTransaction(
  from: PlayedServer,
  url: string,
  transactionId: string,
  edus: readonly object[],
): Promise<Answer> {
  const transaction = { origin: from.name, origin_server_ts: 1_790_000_000_000, pdus: [], edus };
  return ask(from, url, "PUT", `/send/${transactionId}`, transaction);
}
