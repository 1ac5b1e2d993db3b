import type { TestContext } from "node:test";
import { threadPoolSignatureVerifier } from "../../../src/adapters/system/thread-pool-signature-verifier.ts";
import type { RemoteAnswer, RemoteFailure } from "../../../src/domain/federation-out/remote-answer.ts";
import type { RemoteClaim, RemoteQuery, RemoteServers } from "../../../src/domain/federation-out/remote-servers.ts";
import type { Requester } from "../../../src/domain/kernel/requester.ts";
import { type ClaimRequest, claimKeys } from "../../../src/domain/key-directory/claim-keys.ts";
import { type QueryRequest, queryKeys } from "../../../src/domain/key-directory/query-keys.ts";
import type {
  RemoteDeviceList,
  RemoteUserKeys,
} from "../../../src/domain/remote-device-lists/remote-device-list-store.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import type { CrossSigningKeys, KeyedDevice } from "../../support/signed-keys.ts";
import { bob } from "../open-house.ts";
import { openProxiedHouse, storing } from "./proxied-house.ts";

/** A user of another server. */
export const carol = "@carol:remote.test" as UserId;
export const dave = "@dave:remote.test" as UserId;
export const erin = "@erin:other.test" as UserId;
export const remote = "remote.test" as ServerName;
export const other = "other.test" as ServerName;

export const down: RemoteAnswer = { failure: { kind: "unreachable", error: "It cannot be reached" } };

export function failing(kind: RemoteFailure["kind"], status?: number): RemoteAnswer {
  return { failure: { kind, error: "as scripted", ...(status !== undefined && { status }) } };
}

interface Asked<Body> {
  readonly server: ServerName;
  readonly body: Body;
  readonly timeout: number;
}

type Script<Body> = (server: ServerName, body: Body) => RemoteAnswer | Promise<RemoteAnswer>;

/** Other servers that answer as a test says; it records what they are asked. */
export class ScriptedServers implements RemoteServers {
  readonly claims: Asked<RemoteClaim>[] = [];
  readonly queries: Asked<RemoteQuery>[] = [];
  /** Called for each request, which has been parsed from its text. */
  claim: Script<RemoteClaim> = () => down;
  query: Script<RemoteQuery> = () => down;

  async claimKeys(server: ServerName, oneTimeKeys: RemoteClaim, timeout: number): Promise<RemoteAnswer> {
    this.claims.push({ server, body: sent(oneTimeKeys), timeout });
    return received(await this.claim(server, sent(oneTimeKeys)));
  }

  async queryKeys(server: ServerName, deviceKeys: RemoteQuery, timeout: number): Promise<RemoteAnswer> {
    this.queries.push({ server, body: sent(deviceKeys), timeout });
    return received(await this.query(server, sent(deviceKeys)));
  }

  async getUserDevices(): Promise<RemoteAnswer> {
    throw new Error("Nobody asks for a device list here");
  }
}

function sent<T>(body: T): T {
  return JSON.parse(JSON.stringify(body)) as T;
}

/** As it would come from the wire: every name is a member of its own. */
function received(answer: RemoteAnswer): RemoteAnswer {
  return answer.body ? { body: sent(answer.body) } : answer;
}

/** A house whose server federates, with a script in place of all other servers. */
export async function openFederatedHouse(t: TestContext) {
  const house = await openProxiedHouse(t, []);
  const dropped: number[] = [];
  return {
    ...house,
    federates: true,
    remoteServers: new ScriptedServers(),
    federationObserver: { ...house.federationObserver, remoteKeysDropped: (count: number) => void dropped.push(count) },
    signatureVerifier: threadPoolSignatureVerifier,
    /** Keys that were left out, of each answer that had some. */
    dropped,
  };
}

export type FederatedHouse = Awaited<ReturnType<typeof openFederatedHouse>>;

export const viewer: Requester = {
  userId: bob,
  deviceId: "BOBS" as DeviceId,
  accessTokenDigest: Buffer.alloc(32),
};

/** The ids of the keys that bob gets, `undefined` for none, and the failures. */
export async function claim(house: FederatedHouse, request: ClaimRequest, timeout?: number) {
  const { keys, failures } = await claimKeys(house, viewer, request, timeout);
  return {
    keys: new Map([...keys].map(([userId, devices]) => [userId, idsOf(devices)])),
    failures: new Map(failures),
  };
}

function idsOf(devices: ReadonlyMap<DeviceId, { keyId: string } | undefined>) {
  return new Map([...devices].map(([deviceId, key]) => [deviceId, key?.keyId]));
}

/** What bob sees, as the objects that they are. */
export async function query(house: FederatedHouse, request: QueryRequest, timeout?: number) {
  const { deviceKeys, crossSigningKeys, failures } = await queryKeys(house, viewer, request, timeout);
  return {
    devices: Object.fromEntries([...deviceKeys].map(([userId, devices]) => [userId, parsed(devices)])),
    master: parsed(crossSigningKeys.master),
    selfSigning: parsed(crossSigningKeys.self_signing),
    userSigning: parsed(crossSigningKeys.user_signing),
    failures: Object.fromEntries(failures),
  };
}

function parsed(texts: ReadonlyMap<string, string>): Record<string, JsonObject> {
  return Object.fromEntries([...texts].map(([name, text]) => [name, JSON.parse(text)]));
}

/** Keeps a device list of another server's user, fresh and followed for an hour where not said otherwise. */
export async function track(
  house: FederatedHouse,
  userId: UserId,
  keys: RemoteUserKeys,
  so: Partial<RemoteDeviceList> = {},
): Promise<void> {
  const followedUntil = house.clock.now() + 3600_000;
  const known = { userId, streamId: 1, isFresh: true, followedUntil, attempts: 0, nextResyncAt: undefined };
  const list = { ...known, usedAt: house.clock.now(), ...so };
  await storing(house, async ({ remoteDeviceLists }) => {
    await remoteDeviceLists.put(list);
    await remoteDeviceLists.replaceKeys(userId, keys);
  });
}

export async function isFresh(house: FederatedHouse, userId: UserId): Promise<boolean | undefined> {
  const list = await house.snapshots.read(({ remoteDeviceLists }) => remoteDeviceLists.findList(userId));
  return list?.isFresh;
}

/** Keys as they are kept of another server's user. */
export function cachedKeys(devices: readonly KeyedDevice[], crossSigning?: CrossSigningKeys): RemoteUserKeys {
  const key = (usage: "master" | "self_signing", publicKey: string, object: JsonObject) => ({
    ...{ usage, publicKey, rendered: JSON.stringify(object) },
  });
  return {
    devices: devices.map((device) => ({
      deviceId: device.deviceId as DeviceId,
      ed25519: device.ed25519.publicKey,
      rendered: JSON.stringify({ ...device.deviceKeys(), unsigned: { device_display_name: "cached" } }),
    })),
    crossSigningKeys: crossSigning
      ? [
          key("master", crossSigning.master.publicKey, crossSigning.masterKey()),
          key("self_signing", crossSigning.selfSigning.publicKey, crossSigning.body().self_signing_key),
        ]
      : [],
  };
}
