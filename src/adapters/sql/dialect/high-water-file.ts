import { join } from "node:path";
import { readFileIfPresent, replaceFile } from "./durable-files.ts";

/** What `data_dir` remembers of the database (rule E5): the database's commit number lies in `committed`…`reserved`. */
export interface HighWater {
  /** The commit number when this was written. */
  readonly committed: number;
  /** No commit beyond this number is made before it is raised here. Equal to `committed` after a clean stop. */
  readonly reserved: number;
  /** A restore that was noticed and has not been answered yet: why, in one line. */
  readonly suspected?: string;
}

/** The file beside the signing key. Written only under the database's write lock, so that writers never cross. */
export class HighWaterFile {
  readonly path: string;

  constructor(dataDir: string, name = "high-water.json") {
    this.path = join(dataDir, name);
  }

  /** `undefined` when there is none; "unreadable" when it is not what this server writes. */
  read(): HighWater | "unreadable" | undefined {
    const text = readFileIfPresent(this.path);
    return text === undefined ? undefined : parseHighWater(text);
  }

  /** Durable when it returns. */
  write(highWater: HighWater): void {
    replaceFile(this.path, `${JSON.stringify(highWater)}\n`);
  }
}

function parseHighWater(text: string): HighWater | "unreadable" {
  try {
    const { committed, reserved, suspected } = JSON.parse(text) as Record<string, unknown>;
    if (!Number.isSafeInteger(committed) || !Number.isSafeInteger(reserved)) return "unreadable";
    const numbers = { committed: committed as number, reserved: reserved as number };
    return typeof suspected === "string" ? { ...numbers, suspected } : numbers;
  } catch {
    return "unreadable";
  }
}
