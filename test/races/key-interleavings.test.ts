import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { CrashableDatabase } from "./crashable-database.ts";
import { seed, seedNote, times } from "./effort.ts";
import { KeyInterleaving, LeapingClock, type Tally } from "./key-interleaving.ts";

const patience = 600_000 * times;
const interleavings = Number(process.env["CLAVIGER_INTERLEAVINGS"] ?? 2000 * times);
/** On one database, so that it is neither empty nor large. */
const ofOneDatabase = 20;
/** In memory where the system has that: files like any others, but syncing them takes no time. */
const files = statSync("/dev/shm", { throwIfNoEntry: false })?.isDirectory() ? "/dev/shm" : tmpdir();

/** One database, and on it the interleavings of the seeds from `first` up to `last`. */
async function runSeeds(first: number, last: number, tally: Tally): Promise<void> {
  const folder = mkdtempSync(join(files, "claviger-interleaving-"));
  const clock = new LeapingClock();
  const store = await CrashableDatabase.open(folder, clock);
  try {
    for (let each = first; each < last; each++) {
      const random = seededNumbers(each);
      const interleaving = new KeyInterleaving({ store, clock, random, name: String(each), tally });
      await interleaving.run(5).catch((error: unknown) => {
        const again = `CLAVIGER_TEST_SEED=${each} CLAVIGER_INTERLEAVINGS=1`;
        throw new Error(`interleaving ${each} (${again})`, { cause: error });
      });
    }
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("C1, C2, C3, K1, K3 to K7, K9, K10: the rules explain every answer, whatever is interleaved and wherever it crashes", {
  timeout: patience,
}, async (t) => {
  t.diagnostic(seedNote);
  const tally: Tally = { uploads: 0, duplicates: 0, overfull: 0, claims: 0, lost: 0, crashes: 0, restarts: 0 };
  const end = seed + interleavings;
  for (let first = seed; first < end; first += ofOneDatabase) {
    await runSeeds(first, Math.min(first + ofOneDatabase, end), tally);
  }
  t.diagnostic(`${interleavings} interleavings: ${JSON.stringify(tally)}`);
});
