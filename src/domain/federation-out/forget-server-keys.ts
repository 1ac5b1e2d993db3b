import type { Clock } from "../kernel/clock.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { FetchedServer } from "./server-key-store.ts";
import { type ServerKeyStores, scopeOfKeys } from "./store-server-keys.ts";

/** Ms for which keys that are valid no more are kept: who asks the notary may want them, and a server may be away. */
const keptFor = 30 * 24 * 3600_000;
/** Servers whose keys are kept; of more, those go that have been unused for longest. */
const mostServers = 100_000;
/** Servers in one unit. */
const portion = 100;

export interface ForgetServerKeysDeps {
  readonly unitOfWork: UnitOfWork<ServerKeyStores>;
  readonly clock: Clock;
}

/**
 * Bounds what is kept of other servers' keys: whoever makes a request can name any server. All keys here verify requests, and
 * a request is not looked at again; keys that have signed events are to stay for as long as the events do.
 */
export async function forgetServerKeys({ unitOfWork, clock }: ForgetServerKeysDeps): Promise<void> {
  const before = clock.now() - keptFor;
  await forgetAll(unitOfWork, ({ serverKeys }) => serverKeys.listServersInvalidBefore(before, portion));
  await forgetAll(unitOfWork, ({ serverKeys }) => serverKeys.listServersBeyond(mostServers, portion));
}

async function forgetAll(
  unitOfWork: ForgetServerKeysDeps["unitOfWork"],
  list: (stores: ServerKeyStores) => Promise<FetchedServer[]>,
): Promise<void> {
  for (;;) {
    const servers = await unitOfWork.run({}, list);
    if (servers.length === 0) return;
    await unitOfWork.run(scopeOfKeys(...servers.map(({ server }) => server)), async ({ serverKeys }) => {
      for (const server of servers) await serverKeys.forget(server);
    });
  }
}
