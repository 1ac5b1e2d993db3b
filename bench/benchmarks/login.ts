import { join } from "node:path";
import type { Benchmark, Figure, RunOptions } from "../benchmark.ts";
import { Child } from "../child/child.ts";
import { runLoad } from "../load/load.ts";
import { type LoadRequest, writeRequests } from "../load/requests-file.ts";
import { password, userIdOf } from "../population/identities.ts";
import { writePopulation } from "../population/write-population.ts";
import { inRounds } from "../rounds.ts";
import { measuredServer, startServer } from "../start-server.ts";

const connections = 8;

export const login: Benchmark = {
  name: "login",
  about: `\`POST /login\` with a password, each by another user, over ${connections} connections: argon2id is what it costs,
by intention. The floor: argon2id hashes with the same parameters in a bare process, as many at once as it has threads.`,
  run: measure,
};

function requestOf(user: number): LoadRequest {
  const identifier = { type: "m.id.user", user: userIdOf(user) };
  const body = JSON.stringify({ type: "m.login.password", identifier, password });
  return { method: "POST", path: "/_matrix/client/v3/login", accessToken: "none", body };
}

async function measure(options: RunOptions): Promise<Figure[]> {
  const { quick, workspace } = options;
  const [rounds, seconds] = quick ? [2, 1] : [5, 2];
  const { folder } = await workspace.database("people", (place) => writePopulation(place, { devices: 0, keys: 0 }));
  const requestsFile = join(folder, "logins");
  writeRequests(
    requestsFile,
    Array.from({ length: 4_000 }, (_, user) => requestOf(user)),
  );
  const server = await startServer(measuredServer(options, folder));
  const bare = new Child(new URL("../processes/bare-hashes.ts", import.meta.url));
  let next = 0;
  const load = async (duration: number) => {
    const result = await runLoad({ urls: [server.url], requestsFile, start: next, connections, seconds: duration });
    next = result.next;
    return result.rate;
  };
  try {
    await load(1);
    await bare.call("hashesPerSecond", 0.5);
    const { ours, floor } = await inRounds(options.machineLoad, rounds, {
      ours: () => load(seconds),
      floor: () => bare.call<number>("hashesPerSecond", seconds),
    });
    return [{ name: "logins per second", unit: "/s", ours, floor, floorName: "bare argon2id" }];
  } finally {
    await Promise.all([server.stop(), bare.stop()]);
  }
}
