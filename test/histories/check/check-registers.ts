import {
  accountDataRegister,
  type DeviceName,
  deviceKeysRegister,
  entriesOf,
  fallbackKeyRegister,
  type History,
  type Interval,
  type Moment,
  type Read,
  upsert,
  userOf,
  type Violation,
  type Write,
} from "../history.ts";

interface Written extends Interval {
  readonly value: string;
  /** From when on everybody sees it, or something newer. */
  effectiveBy: Moment;
}

/** Q2, S5, C3, E4: what is read is the last that was written; whoever has seen something new sees nothing old. */
export function checkRegisters(history: History): Violation[] {
  const registers = new Map<string, Written[]>();
  for (const { register, value, began, ended } of [...entriesOf(history, "write"), ...uploaded(history)]) {
    upsert(registers, register, () => []).push({ value, began, ended, effectiveBy: ended });
  }
  const reads = [...entriesOf(history, "read"), ...readBySyncs(history, registers), ...readByClaims(history)];
  reads.sort((one, other) => one.ended - other.ended);
  for (const { register, value, ended } of reads) {
    const written = registers.get(register)?.find((write) => write.value === value);
    if (written) written.effectiveBy = Math.min(written.effectiveBy, ended);
  }
  return reads.flatMap((read) => {
    const wrong = whatIsWrong(read, registers.get(read.register) ?? []);
    return wrong === undefined ? [] : { rule: "E4", what: `${read.register} at ${read.began}-${read.ended}: ${wrong}` };
  });
}

function uploaded(history: History): Omit<Write, "kind" | "endedAt">[] {
  return entriesOf(history, "upload").flatMap(({ device, version, fallbackKey, outcome, began, ended }) => {
    if (outcome !== "stored") return [];
    const at = { began, ended };
    return [
      ...(version === undefined ? [] : [{ ...at, register: deviceKeysRegister(device), value: version }]),
      ...(fallbackKey === undefined ? [] : [{ ...at, register: fallbackKeyRegister(device), value: fallbackKey.key }]),
    ];
  });
}

/** C3: without a one-time key the fallback key is given, where there is one. */
function readByClaims(history: History): Read[] {
  const fallbackKeys = new Set(entriesOf(history, "upload").map(({ fallbackKey }) => fallbackKey?.key));
  return entriesOf(history, "claim").flatMap(({ targets, given, began, ended }) =>
    targets.flatMap((device, index): Read[] => {
      const value = given?.[index]?.key;
      if (!given || (value !== undefined && !fallbackKeys.has(value))) return [];
      return [{ kind: "read", register: fallbackKeyRegister(device), value, began, ended }];
    }),
  );
}

function whatIsWrong({ value, began, ended }: Read, writes: readonly Written[]): string | undefined {
  const newest = writes.filter((write) => write.effectiveBy < began);
  if (value === undefined) return newest[0] && `nothing, though "${newest[0].value}" was written`;
  const read = writes.find((write) => write.value === value);
  if (!read) return `"${value}", which nobody wrote`;
  if (read.began > ended) return `"${value}" before it was written`;
  const newer = newest.find((write) => write.began > read.ended);
  return newer && `"${value}", though "${newer.value}" was written after it at ${newer.began}-${newer.ended}`;
}

/** Each answered sync says of all account data what it is: what was told last. */
function readBySyncs(history: History, registers: ReadonlyMap<string, readonly Written[]>): Read[] {
  const types = new Map<string, Set<string>>();
  for (const entry of history) {
    if (entry.kind === "sync") {
      for (const [type] of entry.accountData) upsert(types, userOf(entry.device), () => new Set()).add(type);
    }
  }
  const told = new Map<DeviceName, Map<string, string>>();
  return entriesOf(history, "sync").flatMap(({ device, accountData, began, ended }) => {
    const values = upsert(told, device, () => new Map<string, string>());
    for (const [type, value] of accountData) values.set(type, value);
    const known = [...(types.get(userOf(device)) ?? [])];
    return known.flatMap((type): Read[] => {
      const register = accountDataRegister(userOf(device), type);
      if (!registers.has(register)) return [];
      return [{ kind: "read", register, value: values.get(type), began, ended }];
    });
  });
}
