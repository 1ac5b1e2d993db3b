import type { createServer } from "../app.ts";
import { waitForStopSignal } from "./stop-signal.ts";

type Server = Awaited<ReturnType<typeof createServer>>;

/** Milliseconds after which a stop that hangs is given up; the process has to be gone within 10 s. */
const longestStop = 9_500;

/**
 * Starts a server, and stops it on SIGTERM or SIGINT. A signal that comes while it still starts is not lost.
 * `announce` runs once it listens. Never returns: the process exits with 0 after an orderly stop.
 */
export async function runServer(create: () => Promise<Server>, announce: (url: string) => void): Promise<never> {
  const stopSignal = waitForStopSignal();
  // Counted from the signal, for a start that waits for its database may take longer than that.
  void stopSignal.then(() => setTimeout(giveUp, longestStop));
  const server = await create();
  await listen(server);
  announce(server.url);
  await stopSignal;
  await server.close();
  process.exit(0);
}

async function listen(server: Server): Promise<void> {
  try {
    await server.listen();
  } catch (error) {
    await server.close().catch(() => undefined); // The failure to listen is what is told.
    throw error;
  }
}

function giveUp(): never {
  process.stderr.write(`claviger: did not stop within ${longestStop / 1000} s, giving up\n`);
  process.exit(1);
}
