import { type DeviceId, requireDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import {
  type IssuedTokens,
  issueLastingToken,
  issueTokenPair,
  removeTokensOfDevice,
  type TokenStores,
} from "../authentication/token-pair.ts";
import { requireDisplayName } from "../devices/display-name.ts";
import { type EnsuringStores, ensureDevice } from "../devices/ensure-device.ts";
import type { Clock } from "../kernel/clock.ts";
import { type Random, randomDeviceId } from "../kernel/random.ts";

export interface BeginSessionDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Whether clients that ask for it get access tokens that expire (config `accounts.refresh_tokens`). */
  readonly refreshTokens: boolean;
}

export type SessionStores = EnsuringStores & TokenStores;

/** What a client says of itself when it logs in. */
export interface ClientDescription {
  /** `undefined`: the client wants a new one. */
  readonly deviceId: DeviceId | undefined;
  readonly displayName: string | undefined;
  /** It can refresh its access token. */
  readonly refreshes: boolean;
  /** Its address. */
  readonly ip: string;
}

export interface BegunSession {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly tokens: IssuedTokens;
}

/** @throws MatrixError `M_INVALID_PARAM`, `M_TOO_LARGE`, `M_BAD_JSON` naming the member */
export function describeClient(given: {
  readonly deviceId: string | undefined;
  readonly displayName: string | undefined;
  readonly refreshes: boolean;
  readonly ip: string;
}): ClientDescription {
  const { deviceId, displayName, refreshes, ip } = given;
  return {
    deviceId: deviceId === undefined ? undefined : requireDeviceId(deviceId, "device_id"),
    displayName: displayName === undefined ? undefined : requireDisplayName(displayName, "initial_device_display_name"),
    refreshes,
    ip,
  };
}

/**
 * Inside a unit, for a user that has proved itself: the device and its tokens. On a device that exists the old tokens
 * end and the keys stay (rule K9).
 *
 * @throws MatrixError 400 `M_INVALID_PARAM` (rule K11)
 */
export async function beginSession(
  deps: BeginSessionDeps,
  stores: SessionStores,
  userId: UserId,
  client: ClientDescription,
): Promise<BegunSession> {
  const deviceId = client.deviceId ?? (randomDeviceId(deps.random) as DeviceId);
  const owner = { userId, deviceId };
  await ensureDevice(stores, owner, client.displayName, { at: deps.clock.now(), ip: client.ip });
  await removeTokensOfDevice(stores, owner);
  const tokens =
    client.refreshes && deps.refreshTokens
      ? await issueTokenPair(deps, stores, owner)
      : await issueLastingToken(deps, stores, owner);
  return { userId, deviceId, tokens };
}
