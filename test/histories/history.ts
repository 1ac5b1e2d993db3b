/**
 * What clients asked of a deployment and were answered. A moment is a number from one counter of the run: every beginning
 * of a request and every answer takes the next one. What ended at a lower moment than another thing began had its answer first.
 */
export type Moment = number;

/** From the first time that a request was sent to its answer; what it does may happen anywhere in between. */
export interface Interval {
  readonly began: Moment;
  readonly ended: Moment;
}

/** What a waiting sync is woken for, and syncs. */
export interface Timed extends Interval {
  /** When it was answered, in ms of one clock. */
  readonly endedAt: number;
}

/** A user id and a device id with a space in between: no id has one. */
export type DeviceName = string;

export interface NamedKey {
  readonly id: string;
  /** Its public key: no other key of a history has the same text. */
  readonly key: string;
}

/** An upload was sent until it was answered, each time with the same body. */
export interface Upload extends Timed {
  readonly kind: "upload";
  readonly device: DeviceName;
  readonly oneTimeKeys: readonly NamedKey[];
  /** Which version of its device keys it brings. */
  readonly version?: string;
  readonly fallbackKey?: NamedKey;
  /** `clash` is the refusal of rule K4. */
  readonly outcome: "stored" | "clash";
}

/** One request. It is not repeated: a claim that has lost its answer may have taken a key of each target. */
export interface Claim extends Timed {
  readonly kind: "claim";
  readonly targets: readonly DeviceName[];
  /** For each target what it gave; `undefined` altogether where the answer was lost. */
  readonly given: readonly (NamedKey | undefined)[] | undefined;
}

/** One transaction, sent until it was answered. */
export interface Send extends Timed {
  readonly kind: "send";
  /** The content of its messages; no other send of a history has the same. */
  readonly message: number;
  readonly sender: string;
  readonly recipients: readonly DeviceName[];
}

/** An answered sync. Unanswered ones were sent again, with the same token. */
export interface Sync extends Timed {
  readonly kind: "sync";
  readonly device: DeviceName;
  readonly since: string | undefined;
  readonly next: string;
  readonly messages: readonly { readonly sender: string; readonly message: number }[];
  readonly changed: readonly string[];
  /** Type and value. */
  readonly accountData: readonly (readonly [string, string])[];
  readonly count: number;
  /** Whether it answered only because its time was up. */
  readonly timedOut: boolean;
  /** How long it would have waited, in ms. */
  readonly timeout: number;
}

/** From the end on these users share a room. */
export interface Meeting extends Interval {
  readonly kind: "meeting";
  readonly users: readonly string[];
}

/** A value under a name was written: account data. It was sent until it was answered. */
export interface Write extends Timed {
  readonly kind: "write";
  readonly register: string;
  readonly value: string;
}

/** A value under a name was read; `undefined`: there was none. */
export interface Read extends Interval {
  readonly kind: "read";
  readonly register: string;
  readonly value: string | undefined;
}

/** Several requests at once of which one may win. */
export interface Contest extends Interval {
  readonly kind: "contest";
  /** The rule that says so. */
  readonly rule: "X2" | "E4";
  readonly name: string;
  /** Whose device list the winner changes. */
  readonly changes?: string;
  readonly attempts: readonly Attempt[];
  /** What was found afterwards, in each place where it shows. */
  readonly found: readonly string[];
}

export interface Attempt {
  readonly candidate: string;
  readonly outcome: "won" | "lost";
  /** An answer was lost: it may have won without being told so. */
  readonly unsure: boolean;
}

/** After everything: what a sync counted, and how many one-time keys a device's pool then gave until it was empty. */
export interface Rest {
  readonly kind: "rest";
  readonly device: DeviceName;
  readonly counted: number;
  readonly given: number;
  readonly countedAfter: number;
}

/** An answer that no client should ever get. */
export interface Mishap extends Interval {
  readonly kind: "mishap";
  readonly what: string;
}

export type Entry = Upload | Claim | Send | Sync | Meeting | Write | Read | Contest | Rest | Mishap;

export type History = readonly Entry[];

export interface Violation {
  readonly rule: string;
  readonly what: string;
}

/** The names of account data and of what is read by version. */
export function accountDataRegister(userId: string, type: string): string {
  return `account data ${type} of ${userId}`;
}

export function deviceKeysRegister(device: DeviceName): string {
  return `device keys of ${device}`;
}

export function fallbackKeyRegister(device: DeviceName): string {
  return `the fallback key of ${device}`;
}

export function userOf(device: DeviceName): string {
  return device.slice(0, device.indexOf(" "));
}

/** Those of one kind, in the order of their answers. */
export function entriesOf<Kind extends Exclude<Entry, Rest>["kind"]>(
  history: History,
  kind: Kind,
): Extract<Entry, { kind: Kind }>[] {
  const entries = history.filter((entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind);
  return entries.sort((one, other) => (one as Interval).ended - (other as Interval).ended);
}

/** The values of a map that are made when they are first asked for. */
export function upsert<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
