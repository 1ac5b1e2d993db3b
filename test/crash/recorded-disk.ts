import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { SystemCall } from "./system-calls.ts";

/** Says which of the things that the disk may have kept, without having been asked to sync them, it has kept. */
export type Fate = () => boolean;

interface Change {
  /** Index of the call among all calls. */
  readonly call: number;
  synced: boolean;
  readonly apply: (content: Content) => void;
}

/** A file's bytes, growing. */
class Content {
  #buffer = Buffer.alloc(1 << 16);
  length = 0;

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  write(offset: number, data: Buffer): void {
    this.resize(Math.max(this.length, offset + data.length));
    data.copy(this.#buffer, offset);
  }

  /** What comes to lie between the old end and the new one is zeros. */
  resize(length: number): void {
    if (length > this.#buffer.length) this.#buffer = Buffer.concat([this.bytes], Math.max(length, 2 * this.length));
    this.#buffer.fill(0, length < this.length ? length : this.length, Math.max(length, this.length));
    this.length = length;
  }
}

/** A file or a folder: what programs see now, and what a power failure leaves. */
class Entry {
  readonly changes: Change[] = [];
  readonly entries = new Map<string, Entry>();
  syncedEntries = new Map<string, Entry>();
  readonly isFolder: boolean;

  constructor(isFolder: boolean) {
    this.isFolder = isFolder;
  }

  /** Keeps for good the names in a folder, and what was done to a file before the call with this index. */
  sync(begunAfter: number): void {
    this.syncedEntries = new Map(this.entries);
    for (const change of this.changes) if (change.call < begunAfter) change.synced = true;
  }
}

/**
 * A folder as its disk may keep it, replayed from recorded system calls. The disk is as bad as it may be: a file's
 * content is safe after an fsync of the file, its name after an fsync of the folder, and nothing else is.
 */
export class RecordedDisk {
  readonly #root: string;
  readonly #top = new Entry(true);
  #calls = 0;

  /** `root`: the folder, which was there and empty before. */
  constructor(root: string) {
    this.#root = root;
  }

  replay(call: SystemCall): void {
    const index = this.#calls++;
    if (!call.path.startsWith(this.#root) || call.path.endsWith("-shm")) return;
    if (call.name === "openat") this.#open(call, index);
    else if (call.name === "mkdir") this.#put(call.path, new Entry(true));
    else if (call.name === "rename") this.#rename(call.path, String(call.data));
    else if (call.name === "unlink") this.#folder(call.path).entries.delete(basename(call.path));
    else if (call.name === "fsync" || call.name === "fdatasync") this.#find(call.path)?.sync(call.begunAfter);
    else this.#find(call.path)?.changes.push({ call: index, synced: false, apply: contentChange(call) });
  }

  /** Writes to `target` what a power failure at this moment leaves. */
  leave(target: string, fate: Fate): void {
    leaveEntry(this.#top, target, fate);
  }

  #open({ path, rest }: SystemCall, call: number): void {
    const flags = rest.join();
    if (flags.includes("O_CREAT") && !this.#find(path)) this.#put(path, new Entry(false));
    if (!flags.includes("O_TRUNC")) return;
    this.#find(path)?.changes.push({ call, synced: false, apply: (content) => content.resize(0) });
  }

  #rename(from: string, to: string): void {
    const entry = this.#find(from);
    if (entry) this.#put(to, entry);
    this.#folder(from).entries.delete(basename(from));
  }

  #find(path: string): Entry | undefined {
    const names = path.slice(this.#root.length).split("/").filter(Boolean);
    return names.reduce<Entry | undefined>((entry, name) => entry?.entries.get(name), this.#top);
  }

  #folder(path: string): Entry {
    const folder = this.#find(dirname(path));
    if (!folder) throw new Error(`The disk has no folder for ${path}`);
    return folder;
  }

  #put(path: string, entry: Entry): void {
    this.#folder(path).entries.set(basename(path), entry);
  }
}

function contentChange({ name, data, rest }: SystemCall): (content: Content) => void {
  const lastNumber = Number(rest.at(-1));
  if (name === "write") return (content) => content.write(content.length, data);
  if (name === "pwrite64") return (content) => content.write(lastNumber, data);
  if (name === "ftruncate") return (content) => content.resize(lastNumber);
  throw new Error(`This disk does not know ${name}`);
}

function leaveEntry(entry: Entry, target: string, fate: Fate): void {
  if (!entry.isFolder) {
    const content = new Content();
    for (const change of entry.changes) if (change.synced || fate()) change.apply(content);
    writeFileSync(target, content.bytes);
    return;
  }
  mkdirSync(target, { recursive: true });
  const names = fate() ? entry.entries : entry.syncedEntries;
  for (const [name, child] of names) leaveEntry(child, join(target, name), fate);
}
