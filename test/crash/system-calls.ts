/** One finished system call that changed files, or said something, as strace wrote it down. */
export interface SystemCall {
  readonly name: string;
  /** Descriptor of the first argument, where it is one. */
  readonly descriptor: number | undefined;
  /** Path of the descriptor, or the first path among the arguments. */
  readonly path: string;
  /** The last text among the arguments: what is written, or the new name of a rename. */
  readonly data: Buffer;
  /** The arguments as text, texts left out: flags, lengths, offsets. */
  readonly rest: readonly string[];
  /** How many calls had finished when this one began: of an fsync, those that it covers. */
  readonly begunAfter: number;
}

export const tracedCalls =
  "pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat,renameat2,openat,unlink,unlinkat,mkdir,mkdirat";

/** strace's arguments such that `parseSystemCalls` understands it: all threads, paths of descriptors, all bytes in hex. */
export const straceOptions = ["-f", "-y", "-xx", "-s", "1000000", "-e", `trace=${tracedCalls}`];

/** The calls that succeeded, in the order in which they finished. */
export function parseSystemCalls(log: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { start: string; begunAfter: number }>();
  for (const line of log.split("\n")) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const cut = text.indexOf(" <unfinished ...>");
    if (cut >= 0) {
      unfinished.set(thread, { start: text.slice(0, cut), begunAfter: calls.length });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text);
    const earlier = resumed ? unfinished.get(thread) : undefined;
    const whole = resumed ? `${earlier?.start ?? ""}${text.slice(resumed[0].length)}` : text;
    const call = parseCall(whole, earlier?.begunAfter ?? calls.length);
    if (call) calls.push(call);
  }
  return calls;
}

function parseCall(text: string, begunAfter: number): SystemCall | undefined {
  const [, name, parameters = ""] = /^(\w+)\((.*)\) += \d+/.exec(text) ?? [];
  if (name === undefined) return undefined;
  const [, descriptor, descriptorPath] = /^(\d+)<([^>]*)>/.exec(parameters) ?? [];
  const texts = [...parameters.matchAll(/"([^"]*)"/g)].map(([, hex = ""]) => decode(hex));
  return {
    name,
    descriptor: descriptor === undefined ? undefined : Number(descriptor),
    path: descriptorPath === undefined ? String(texts[0] ?? "") : String(decode(descriptorPath)),
    data: texts.at(-1) ?? Buffer.alloc(0),
    rest: parameters.replaceAll(/"[^"]*"/g, "").split(", "),
    begunAfter,
  };
}

function decode(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}
