import type { TestContext } from "node:test";
import type { Stores } from "../../../src/adapters/sql/create-stores.ts";
import type {
  AppserviceKeys,
  ProxiedClaim,
  ProxiedKey,
  ProxiedQuery,
  ProxiedUserKeys,
} from "../../../src/domain/appservices/appservice-keys.ts";
import { type Appservice, Appservices } from "../../../src/domain/appservices/appservices.ts";
import type { ClaimSource } from "../../../src/domain/kernel/observer.ts";
import type { DeviceOwner } from "../../../src/domain/kernel/requester.ts";
import type { AppserviceRegistration } from "../../../src/protocol/appservice-registration.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../../../src/protocol/json.ts";
import type { CrossSigningUsage } from "../../../src/protocol/keys/cross-signing-key.ts";
import { parseDeviceKeys } from "../../../src/protocol/keys/device-keys.ts";
import { parseFallbackKeys, parseOneTimeKeys } from "../../../src/protocol/keys/one-time-key.ts";
import { renderWithSignatures } from "../../../src/protocol/keys/render-key.ts";
import { openHouse } from "../open-house.ts";

export const ghost = "@bridge_ghost:example.org" as UserId;
export const second = "@bridge_second:example.org" as UserId;
export const phone = "PHONE" as DeviceId;
export const algorithm = "signed_curve25519";

export function deviceOf(userId: UserId, deviceId: string = phone): DeviceOwner {
  return { userId, deviceId: deviceId as DeviceId };
}

export function registration(so: Partial<AppserviceRegistration> = {}): AppserviceRegistration {
  const id = so.id ?? "bridge";
  return {
    ...{ id, url: "http://127.0.0.1:9", asToken: `as-${id}`, hsToken: `hs-${id}`, senderLocalpart: `${id}bot` },
    namespaces: { users: [{ exclusive: true, regex: `@${id}_.*` }], aliases: [], rooms: [] },
    ...{ rateLimited: false, receivesEphemeral: false, encrypts: false, managesDevices: false },
    ...{ answersClaims: true, answersQueries: true, protocols: [] },
    ...so,
  };
}

/** What appservices give, as a test says it; it records what they are asked. */
export class FakeAppserviceKeys implements AppserviceKeys {
  readonly claims: { appservice: string; claims: readonly ProxiedClaim[]; timeout: number }[] = [];
  readonly queries: { appservice: string; query: ProxiedQuery; timeout: number }[] = [];
  /** Called for each request. */
  give: (appservice: Appservice, claims: readonly ProxiedClaim[]) => Promise<(ProxiedKey | undefined)[]> = async (
    _,
    claims,
  ) => claims.map(() => undefined);
  tell: (appservice: Appservice, query: ProxiedQuery) => Promise<ReadonlyMap<UserId, ProxiedUserKeys>> = async () =>
    new Map();

  claimAll(appservice: Appservice, claims: readonly ProxiedClaim[], timeout: number) {
    this.claims.push({ appservice: appservice.id, claims, timeout });
    return this.give(appservice, claims);
  }

  query(appservice: Appservice, query: ProxiedQuery, timeout: number) {
    this.queries.push({ appservice: appservice.id, query, timeout });
    return this.tell(appservice, query);
  }
}

/** A house whose server has appservices, with a fake in place of them. */
export async function openProxiedHouse(t: TestContext, registrations = [registration()]) {
  const house = await openHouse(t);
  const work = { units: 0, reads: 0 };
  const counted: Counted = { answers: [], dropped: new Map() };
  const { unitOfWork, snapshots } = house;
  return {
    ...house,
    unitOfWork: counting(unitOfWork, ["run"], () => work.units++),
    snapshots: counting(snapshots, ["read", "ask"], () => work.reads++),
    appservices: new Appservices(registrations, "example.org" as ServerName),
    appserviceKeys: new FakeAppserviceKeys(),
    claimBudgets: { budget: 0, serverBudget: 0, deviceBudget: 0, refillTime: 60_000 },
    defaultClaimTimeout: 10_000,
    observer: {
      ...house.observer,
      claimAnswered: (source: ClaimSource, { userId, deviceId }: DeviceOwner, claimer: string) =>
        void counted.answers.push(`${source} of ${userId} ${deviceId} to ${claimer}`),
      ...{ keysUploaded: ignore, duplicateOneTimeKeysRefused: ignore, badKeySignatures: ignore },
      ...{ identityReplaced: ignore, toDeviceMessagesSent: ignore },
    },
    appserviceObserver: {
      keysDropped: (id: string, count: number) => void counted.dropped.set(id, (counted.dropped.get(id) ?? 0) + count),
    },
    /** Units and reads so far. */
    work,
    counted,
  };
}

interface Counted {
  /** Each claim that was answered. */
  readonly answers: string[];
  /** Objects dropped, by appservice. */
  readonly dropped: Map<string, number>;
}

export type ProxiedHouse = Awaited<ReturnType<typeof openProxiedHouse>>;

const ignore = () => undefined;

function counting<T extends object>(port: T, methods: readonly (keyof T)[], count: () => void): T {
  return new Proxy(port, {
    get(target, name) {
      const method = target[name as keyof T] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (methods.includes(name as keyof T)) count();
        return method.apply(target, args);
      };
    },
  });
}

/** A key as an appservice would give it. */
export function givenKey(name: string): ProxiedKey {
  return { keyId: `${algorithm}:${name}`, json: JSON.stringify({ key: name, signatures: {} }) };
}

/** Stores keys without the requests that would bring them. */
export function storing<T>(house: ProxiedHouse, work: (stores: Stores) => Promise<T>): Promise<T> {
  return house.unitOfWork.run("everything", work);
}

export async function putPool(house: ProxiedHouse, owner: DeviceOwner, keys: JsonObject): Promise<void> {
  await storing(house, ({ oneTimeKeys }) => oneTimeKeys.add(owner, parseOneTimeKeys("keys", keys)));
}

export async function putFallback(house: ProxiedHouse, owner: DeviceOwner, keys: JsonObject): Promise<void> {
  const [key] = parseFallbackKeys("keys", keys);
  if (key) await storing(house, ({ fallbackKeys }) => fallbackKeys.put(owner, key));
}

export async function putDevice(house: ProxiedHouse, value: JsonObject, name?: string): Promise<void> {
  const keys = parseDeviceKeys(value);
  const unsigned = name === undefined ? {} : { device_display_name: name };
  await storing(house, ({ deviceKeys }) => deviceKeys.put(keys, keys, renderWithSignatures(keys.json, [], unsigned)));
}

export async function putCrossSigning(
  house: ProxiedHouse,
  userId: UserId,
  usage: CrossSigningUsage,
  value: JsonObject,
): Promise<void> {
  const publicKey = Object.values(value["keys"] as Record<string, string>)[0] ?? "";
  const json = JSON.stringify(value);
  await storing(house, ({ crossSigningKeys }) => crossSigningKeys.put(userId, { usage, publicKey, json }, json));
}

/** What an appservice says of a user. */
export function saying(
  devices: Record<string, JsonValue>,
  crossSigningKeys: Partial<Record<CrossSigningUsage, JsonValue>> = {},
): ProxiedUserKeys {
  return { devices: new Map(Object.entries(devices) as [DeviceId, JsonValue][]), crossSigningKeys };
}
