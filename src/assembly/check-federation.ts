import type { Finding } from "../adapters/system/check-data-dir.ts";
import type { Config } from "../config/config.ts";
import {
  type FailingDestination,
  listDestinationStates,
  mostDestinations,
  mostWaiting,
} from "../domain/federation-feed/list-destination-states.ts";
import type { Clock } from "../domain/kernel/clock.ts";
import { openForCommand } from "./open-for.ts";
import { ago, soon } from "./spoken-times.ts";

/** For `claviger doctor`: whether this server federates under a key that others can trust, and who does not take what it sends. */
export async function checkFederation(config: Config, keyId: string, clock: Clock): Promise<Finding[]> {
  if (!config.federation.enabled) return [{ name: "federation", ok: true, detail: "off" }];
  const database = await openForCommand(config);
  try {
    const { waiting, failing, longest } = await listDestinationStates(database);
    const count = waiting >= mostDestinations ? `${mostDestinations} or more` : `${waiting}`;
    const detail = `something waits for ${count} servers, ${failing} of them do not take it`;
    const now = clock.now();
    const newest = (await database.snapshots.ask(({ ownKeys }) => ownKeys.listOwnKeys())).at(-1);
    const isOurs = newest === undefined || newest.keyId === keyId;
    const signing = isOurs
      ? `signs with ${keyId}`
      : `signing.key holds ${keyId}, but this server signs with ${newest.keyId}`;
    // Servers come and go: that one of them is away is no fault of this one.
    return [
      { name: "federation", ok: isOurs, detail: `${signing}; ${detail}` },
      ...longest.map((one) => describe(one, now)),
    ];
  } finally {
    await database.close();
  }
}

function describe({ server, since, error, nextAttemptAt, waiting }: FailingDestination, now: number): Finding {
  const count = waiting >= mostWaiting ? `${mostWaiting} or more` : `${waiting}`;
  const detail = `takes nothing for ${ago(since, now)} (${error}), ${count} wait, tried again ${soon(nextAttemptAt, now)}`;
  return { name: `server ${server}`, ok: true, detail };
}
