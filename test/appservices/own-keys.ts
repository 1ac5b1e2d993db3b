import type { Account } from "../../examples/matrix-client.ts";

interface Signed {
  readonly keys: Readonly<Record<string, string>>;
  readonly signatures?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

type Owner = Pick<Account, "userId" | "deviceId">;

interface Upload {
  readonly device_keys?: Signed;
  readonly one_time_keys?: KeyMap;
  readonly fallback_keys?: KeyMap;
}

type KeyMap = Record<string, { readonly key: string }>;

const usages = ["master_key", "self_signing_key", "user_signing_key"] as const;

/** The keys of a bridge's users, of whom the homeserver has none: it is asked for them (MSC3983, MSC3984). */
export class OwnKeys {
  /** The ids of the keys that claims were given, in order. */
  readonly given: string[] = [];
  readonly #deviceKeys = new Map<string, Map<string, Signed>>();
  readonly #fallbackKeys = new Map<string, KeyMap>();
  readonly #oneTimeKeys = new Map<string, [string, KeyMap[string]][]>();
  readonly #crossSigningKeys = new Map<string, Partial<Record<(typeof usages)[number], Signed>>>();

  /** Makes what a device would upload stay here. */
  keepUploads(fetcher: typeof fetch): typeof fetch {
    return async (input, init) => {
      const { pathname, searchParams } = new URL(input instanceof Request ? input.url : input);
      const deviceId = searchParams.get("device_id") ?? searchParams.get("org.matrix.msc3202.device_id");
      const owner = { userId: searchParams.get("user_id")!, deviceId: deviceId! };
      const answer = this.#keep(pathname, owner, init?.body);
      return answer ? Response.json(answer) : fetcher(input, init);
    };
  }

  /** How many one-time keys of a device are left. */
  count({ userId, deviceId }: Owner): number {
    return this.#oneTimeKeys.get(`${userId} ${deviceId}`)?.length ?? 0;
  }

  /** What a device may upload all the same, to be written to while the bridge is down. */
  forBadTimes({ userId, deviceId }: Owner): object {
    return {
      device_keys: this.#deviceKeys.get(userId)?.get(deviceId),
      fallback_keys: this.#fallbackKeys.get(`${userId} ${deviceId}`),
    };
  }

  /** The body of an answer to `/keys/claim`. */
  claim(asked: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>): object {
    return mapValues(asked, (devices, userId) =>
      mapValues(devices, (algorithms, deviceId) => {
        const pool = this.#oneTimeKeys.get(`${userId} ${deviceId}`) ?? [];
        const keys = pool.splice(0, algorithms.length);
        this.given.push(...keys.map(([id]) => `${userId} ${deviceId} ${id}`));
        return Object.fromEntries(keys);
      }),
    );
  }

  /** The body of an answer to `/keys/query`; an empty list asks for all devices. */
  query(asked: Readonly<Record<string, readonly string[]>>): object {
    const ofUsage = (usage: (typeof usages)[number]) =>
      Object.fromEntries(
        Object.keys(asked).flatMap((userId) => {
          const key = this.#crossSigningKeys.get(userId)?.[usage];
          return key ? [[userId, key]] : [];
        }),
      );
    return {
      device_keys: mapValues(asked, (deviceIds, userId) => {
        const all = [...(this.#deviceKeys.get(userId) ?? [])];
        return Object.fromEntries(all.filter(([id]) => deviceIds.length === 0 || deviceIds.includes(id)));
      }),
      master_keys: ofUsage("master_key"),
      self_signing_keys: ofUsage("self_signing_key"),
      user_signing_keys: ofUsage("user_signing_key"),
    };
  }

  /** @returns the answer; `undefined` for a request that is for the homeserver */
  #keep(path: string, owner: Owner, text: unknown): object | undefined {
    if (path.endsWith("/keys/upload")) return this.#keepKeys(owner, JSON.parse(String(text)));
    if (path.endsWith("/keys/device_signing/upload")) {
      this.#crossSigningKeys.set(owner.userId, JSON.parse(String(text)));
      return {};
    }
    if (!path.endsWith("/keys/signatures/upload")) return undefined;
    const signed = JSON.parse(String(text))[owner.userId] as Record<string, Signed> | undefined;
    if (signed === undefined) return undefined;
    this.#addSignatures(owner.userId, signed);
    return { failures: {} };
  }

  #keepKeys({ userId, deviceId }: Owner, body: Upload): object {
    const devices = this.#deviceKeys.get(userId) ?? new Map<string, Signed>();
    this.#deviceKeys.set(userId, devices);
    if (body.device_keys) devices.set(deviceId, body.device_keys);
    const pool = this.#oneTimeKeys.get(`${userId} ${deviceId}`) ?? [];
    pool.push(...Object.entries(body.one_time_keys ?? {}));
    this.#oneTimeKeys.set(`${userId} ${deviceId}`, pool);
    if (body.fallback_keys) this.#fallbackKeys.set(`${userId} ${deviceId}`, body.fallback_keys);
    return { one_time_key_counts: { signed_curve25519: pool.length } };
  }

  /** `signed`: by device id, or by the public key of a cross-signing key. */
  #addSignatures(userId: string, signed: Readonly<Record<string, Signed>>): void {
    const devices = this.#deviceKeys.get(userId);
    const keys = this.#crossSigningKeys.get(userId);
    for (const [id, object] of Object.entries(signed)) {
      const device = devices?.get(id);
      if (device) devices?.set(id, withSignatures(device, object));
      for (const usage of usages) {
        const key = keys?.[usage];
        if (key && Object.values(key.keys).includes(id)) keys[usage] = withSignatures(key, object);
      }
    }
  }
}

function withSignatures(object: Signed, { signatures = {} }: Signed): Signed {
  const merged = mapValues(signatures, (by, userId) => ({ ...object.signatures?.[userId], ...by }));
  return { ...object, signatures: { ...object.signatures, ...merged } };
}

function mapValues<T, R>(object: Readonly<Record<string, T>>, map: (value: T, key: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
