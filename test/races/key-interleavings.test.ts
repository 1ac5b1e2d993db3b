import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { memoryFolder } from "../support/memory-folder.ts";
import { CrashableDatabase } from "./crashable-database.ts";
import { seed, seedNote, times } from "./effort.ts";
import { KeyInterleaving, LeapingClock, type Tally } from "./key-interleaving.ts";
import { type Deployment, postgres, severalServers, sqlite } from "./race-engines.ts";

const patience = 600_000 * times;
/** On one database, so that it is neither empty nor large. */
const ofOneDatabase = 20;
/** How many interleavings; each of PostgreSQL takes as long as ten of SQLite. */
const efforts: readonly (Deployment & { readonly interleavings: number })[] = [
  { name: "SQLite", engine: sqlite, servers: 1, interleavings: 600 },
  { name: "PostgreSQL, 1 server", engine: postgres, servers: 1, interleavings: 20 },
  ...severalServers.map((deployment) => ({ ...deployment, interleavings: 20 })),
];

/** One database, and on it the interleavings of the seeds from `first` up to `last`. */
async function runSeeds({ engine, servers }: Deployment, first: number, last: number, tally: Tally): Promise<void> {
  const folder = mkdtempSync(join(memoryFolder(), "claviger-interleaving-"));
  const { place, remove } = await engine.createDatabase(folder);
  const clock = new LeapingClock();
  const stores: CrashableDatabase[] = [];
  for (let index = 0; index < servers; index++) {
    const own = join(folder, `process-${index}`);
    mkdirSync(own);
    stores.push(await CrashableDatabase.open({ place, folder: own, clock }));
  }
  try {
    for (let each = first; each < last; each++) {
      const random = seededNumbers(each);
      const interleaving = new KeyInterleaving({ stores, clock, random, name: String(each), tally });
      await interleaving.run(5).catch((error: unknown) => {
        const again = `CLAVIGER_TEST_SEED=${each} CLAVIGER_INTERLEAVINGS=1`;
        throw new Error(`interleaving ${each} (${again})`, { cause: error });
      });
    }
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const effort of efforts) {
  test(`C1, C2, C3, K1, K3 to K7, K9, K10: the rules explain every answer, whatever is interleaved and wherever it crashes (${effort.name})`, {
    timeout: patience,
  }, async (t) => {
    t.diagnostic(seedNote);
    const tally: Tally = { uploads: 0, duplicates: 0, overfull: 0, claims: 0, lost: 0, crashes: 0, restarts: 0 };
    const interleavings = Number(process.env["CLAVIGER_INTERLEAVINGS"] ?? effort.interleavings * times);
    const end = seed + interleavings;
    for (let first = seed; first < end; first += ofOneDatabase) {
      await runSeeds(effort, first, Math.min(first + ofOneDatabase, end), tally);
    }
    t.diagnostic(`${interleavings} interleavings: ${JSON.stringify(tally)}`);
  });
}
