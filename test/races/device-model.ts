/** A one-time or fallback key as the model knows it. */
export interface ModelKey {
  /** The whole `algorithm:id`. */
  readonly keyId: string;
  readonly algorithm: string;
  readonly publicKey: string;
  /** Canonical JSON of the key object. */
  readonly json: string;
}

export interface ModelUpload {
  /** Names the identity keys of the upload's device keys; absent where it has none. */
  readonly identity?: string;
  readonly oneTimeKeys: readonly ModelKey[];
  readonly fallbackKey?: ModelKey;
}

/** What the rules say about one device, and nothing about how it is stored. */
export interface DeviceModel {
  readonly identity: string | undefined;
  /** Upload by upload, first to last (rule C2). */
  readonly pool: readonly (readonly ModelKey[])[];
  /** Issued keys by `nameOf` (rule K5). */
  readonly issued: ReadonlySet<string>;
  readonly fallbackKey: (ModelKey & { readonly used: boolean }) | undefined;
}

/** A device after an operation, and what was answered, as text that can be compared. */
export interface Outcome {
  readonly device: DeviceModel;
  readonly answer: string;
}

export const emptyDevice: DeviceModel = { identity: undefined, pool: [], issued: new Set(), fallbackKey: undefined };

/** What makes a key the same key, whatever its id and signature (rule K5). */
export function nameOf({ algorithm, publicKey }: ModelKey): string {
  return `${algorithm} ${publicKey}`;
}

/** How a claim that gives this key is written; "nothing" is one that gives none. */
export function answerOf(key: { readonly keyId: string; readonly json: string } | undefined): string {
  return key ? `${key.keyId} ${key.json}` : "nothing";
}

/** How an accepted upload is written (rule K10). */
export function answerWithCounts(counts: Readonly<Record<string, number>>): string {
  const told = Object.entries({ signed_curve25519: 0, ...counts }).sort(([one], [other]) => (one < other ? -1 : 1));
  return `200 ${JSON.stringify(Object.fromEntries(told))}`;
}

/** Rules K1, K3, K4, K5, K6, K7, K9 and K10. */
export function upload(device: DeviceModel, request: ModelUpload, limit: number): Outcome {
  const clashes = request.oneTimeKeys.filter(({ keyId, publicKey }) =>
    device.pool.flat().some((pooled) => pooled.keyId === keyId && pooled.publicKey !== publicKey),
  );
  if (clashes.length > 0) return { device, answer: answerWithClashes(clashes.map(({ keyId }) => keyId)) };
  const { identity = device.identity } = request;
  const isReplaced = device.identity !== undefined && identity !== device.identity;
  const pool = isReplaced ? [] : device.pool;
  const fallbackKey = isReplaced ? undefined : device.fallbackKey;
  const known = new Set([...device.issued, ...pool.flat().map(nameOf)]);
  const added = request.oneTimeKeys.filter((key) => {
    if (known.has(nameOf(key))) return false;
    known.add(nameOf(key));
    return true;
  });
  if (added.length > 0 && pool.flat().length + added.length > limit) return { device, answer: "M_TOO_LARGE" };
  const next: DeviceModel = {
    identity,
    pool: added.length > 0 ? [...pool, added] : pool,
    issued: device.issued,
    fallbackKey: request.fallbackKey ? withUsed(fallbackKey, request.fallbackKey) : fallbackKey,
  };
  return { device: next, answer: answerWithCounts(countsOf(next)) };
}

export function answerWithClashes(keyIds: readonly string[]): string {
  return `duplicate ${[...keyIds].sort().join(" ")}`;
}

/** Rules C1, C2 and C3: any key of the first upload that has one left may be given. */
export function claim(device: DeviceModel, algorithm: string): Outcome[] {
  const first = device.pool.find((batch) => batch.some((key) => key.algorithm === algorithm));
  if (first) {
    const candidates = first.filter((key) => key.algorithm === algorithm);
    return candidates.map((key) => ({ device: without(device, key), answer: answerOf(key) }));
  }
  const { fallbackKey } = device;
  if (fallbackKey?.algorithm !== algorithm) return [{ device, answer: answerOf(undefined) }];
  return [{ device: { ...device, fallbackKey: { ...fallbackKey, used: true } }, answer: answerOf(fallbackKey) }];
}

export function countsOf({ pool }: DeviceModel): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { algorithm } of pool.flat()) counts[algorithm] = (counts[algorithm] ?? 0) + 1;
  return counts;
}

/** The same key again does not become unused (rule K7). */
function withUsed(earlier: DeviceModel["fallbackKey"], key: ModelKey): ModelKey & { used: boolean } {
  const isSame = earlier?.keyId === key.keyId && nameOf(earlier) === nameOf(key);
  return { ...key, used: isSame && earlier.used };
}

function without(device: DeviceModel, key: ModelKey): DeviceModel {
  const pool = device.pool.map((batch) => batch.filter((other) => other !== key)).filter((batch) => batch.length > 0);
  return { ...device, pool, issued: new Set([...device.issued, nameOf(key)]) };
}
