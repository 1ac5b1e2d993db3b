import type { TestContext } from "node:test";
import { HttpAppserviceKeys } from "../../../src/adapters/appservices/http-appservice-keys.ts";
import type { ProxiedClaim, ProxiedKey, ProxiedUserKeys } from "../../../src/domain/appservices/appservice-keys.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { afterTest } from "../../support/after-test.ts";
import { startTestAppservice, type TestAppserviceOptions } from "../../support/appservices/test-appservice.ts";
import { HandClock } from "../observability/hand-clock.ts";

/** Of a caller that does not give up, in ms. */
const patient = 600_000;

export interface OpenKeysOptions extends TestAppserviceOptions {
  /** Ms of one HTTP request; so long that it never ends one, unless given. */
  readonly deadline?: number;
}

/** A bridge, and the adapter that asks it for keys, with a clock that stands still and an observer that counts. */
export async function openKeys(t: TestContext, { deadline = patient, ...options }: OpenKeysOptions = {}) {
  const bridge = await startTestAppservice(options);
  afterTest(t, () => bridge.close());
  const clock = new HandClock();
  const outcomes = { claim: new Map<string, number>(), query: new Map<string, number>() };
  let dropped = 0;
  const observer = {
    keysAsked: (_: string, kind: "claim" | "query", outcome: string) =>
      void outcomes[kind].set(outcome, (outcomes[kind].get(outcome) ?? 0) + 1),
    keysDropped: (_: string, count: number) => {
      dropped += count;
    },
  };
  const keys = new HttpAppserviceKeys({ clock, observer }, deadline);
  afterTest(t, () => keys.close());
  const { appservice } = bridge;
  return {
    ...{ bridge, clock, keys, outcomes },
    dropped: () => dropped,
    claim: (claims: ProxiedClaim[], timeout = patient) => keys.claimAll(appservice, claims, timeout),
    /** By user the devices; none means all. */
    query: (wanted: Record<string, string[]>, timeout = patient) => {
      const users = Object.entries(wanted).map(([userId, devices]) => [userId, new Set(devices)] as const);
      return keys.query(appservice, new Map(users) as Map<UserId, Set<DeviceId>>, timeout);
    },
    state: (kind: "claim" | "query") => keys.describe().find((state) => state.kind === kind)!,
  };
}

export const ghost = "@bridge_ghost:localhost";

export function claimOf(deviceId = "DEVICE", userId = ghost, algorithm = "signed_curve25519"): ProxiedClaim {
  return { userId: userId as UserId, deviceId: deviceId as DeviceId, algorithm };
}

/** A one-time key as an appservice gives it. */
export function oneTimeKey(publicKey: string) {
  return { key: publicKey, signatures: { [ghost]: { "ed25519:DEVICE": "signature" } } };
}

/** The ids of keys that were given, `undefined` where there is none. */
export function idsOf(keys: readonly (ProxiedKey | undefined)[]): (string | undefined)[] {
  return keys.map((key) => key?.keyId);
}

/** The users of a query's answer and their devices. */
export function devicesOf(found: ReadonlyMap<UserId, ProxiedUserKeys>): Record<string, string[]> {
  return Object.fromEntries([...found].map(([userId, { devices }]) => [userId, [...devices.keys()]]));
}

/** An appservice's answer: each user asked for has the devices asked for, or `DEVICE`. */
export function devicesAsked(body: Record<string, string[]>) {
  const users = Object.entries(body).map(([userId, devices]) => [userId, devicesNamed(devices)]);
  return { body: { device_keys: Object.fromEntries(users) } };
}

function devicesNamed(devices: string[]) {
  const names = devices.length > 0 ? devices : ["DEVICE"];
  return Object.fromEntries(names.map((deviceId) => [deviceId, { device_id: deviceId }]));
}
