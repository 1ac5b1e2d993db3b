import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openNotes } from "./open-notes.ts";

interface Writing {
  readonly folder: string;
  readonly texts: readonly string[];
  /** Checkpoints the log into the file after so many notes. */
  readonly checkpointAfter?: number;
}

/** Writes one note for each of `texts`, each in its own commit, in a process that is then killed without warning. */
export async function killedWriter(
  folder: string,
  texts: readonly string[],
  options: { checkpointAfter?: number } = {},
): Promise<void> {
  const writing: Writing = { folder, texts, ...options };
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(writing)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== "written") continue;
    child.kill("SIGKILL");
    break;
  }
  const [code, signal] = await exit;
  if (signal !== "SIGKILL") throw new Error(`the writer ended by itself with ${code}`);
}

async function write({ folder, texts, checkpointAfter }: Writing): Promise<void> {
  const database = await openNotes(folder);
  for (const [index, text] of texts.entries()) {
    if (index === checkpointAfter) await checkpoint(folder);
    await database.unitOfWork.run("everything", ({ notes }) => notes.put(text));
  }
  console.log("written");
  setTimeout(() => undefined, 60_000);
}

async function checkpoint(folder: string): Promise<void> {
  const { default: Database } = await import("better-sqlite3");
  const connection = new Database(`${folder}/claviger.db`);
  connection.pragma("wal_checkpoint(PASSIVE)");
  connection.close();
}

if (import.meta.main) await write(JSON.parse(process.argv[2] ?? "") as Writing);
