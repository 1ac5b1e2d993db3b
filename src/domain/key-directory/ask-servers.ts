import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { RemoteAnswer } from "../federation-out/remote-answer.ts";
import { type ServerFailure, serverFailure } from "../federation-out/server-failure.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";

/** Other servers that one request of a client is worth. */
const mostServers = 500;

const tooManyServers: ServerFailure = {
  status: 503,
  errcode: "M_UNAVAILABLE",
  error: `At most ${mostServers} other servers are asked in one request`,
};

const rubbish: ServerFailure = {
  status: 502,
  errcode: "M_UNKNOWN",
  error: "The server's answer has not the shape that it must have",
};

export interface ServerAnswers<Found> {
  readonly found: ReadonlyMap<ServerName, Found>;
  /** Each server that was to be asked is here or among those found. */
  readonly failures: ReadonlyMap<ServerName, ServerFailure>;
}

/**
 * Asks servers, all at once: none waits for another (rule C5). Those beyond the 500th fail without being asked.
 * @param read `undefined` for an answer that is none
 */
export async function askServers<Wanted, Found>(
  clock: Clock,
  servers: ReadonlyMap<ServerName, Wanted>,
  ask: (server: ServerName, wanted: Wanted) => Promise<RemoteAnswer>,
  read: (body: JsonObject, wanted: Wanted) => Promise<Found | undefined>,
): Promise<ServerAnswers<Found>> {
  const found = new Map<ServerName, Found>();
  const failures = new Map<ServerName, ServerFailure>();
  const askOne = async ([server, wanted]: [ServerName, Wanted]): Promise<void> => {
    const { body, failure } = await ask(server, wanted);
    const answer = body && (await read(body, wanted));
    if (answer !== undefined) found.set(server, answer);
    else failures.set(server, failure ? serverFailure(failure) : rubbish);
  };
  const all = [...servers];
  for (const [server] of all.slice(mostServers)) failures.set(server, tooManyServers);
  const giveWay = givingWay(clock);
  const asked: Promise<void>[] = [];
  for (const one of all.slice(0, mostServers)) {
    await giveWay();
    asked.push(askOne(one));
  }
  await Promise.all(asked);
  return { found, failures };
}
