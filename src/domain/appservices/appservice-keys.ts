import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonValue } from "../../protocol/json.ts";
import type { CrossSigningUsage } from "../../protocol/keys/cross-signing-key.ts";
import type { Appservice } from "./appservices.ts";

/** One key of a device that an appservice is asked for. */
export interface ProxiedClaim {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly algorithm: string;
}

/** A key from an appservice; its shape is checked (rule K2), and it is of the algorithm asked for. */
export interface ProxiedKey {
  /** The whole `algorithm:id`. */
  readonly keyId: string;
  /** Canonical JSON of the key object. */
  readonly json: string;
}

/** What an appservice says of one user, not yet looked into. */
export interface ProxiedUserKeys {
  readonly devices: ReadonlyMap<DeviceId, JsonValue>;
  readonly crossSigningKeys: Readonly<Partial<Record<CrossSigningUsage, JsonValue>>>;
}

/** By user: the devices asked for; an empty set means all of them. */
export type ProxiedQuery = ReadonlyMap<UserId, ReadonlySet<DeviceId>>;

/**
 * Keys that appservices give themselves (MSC3983, MSC3984). It protects them from storms (rule Q6) and whoever asks from
 * them: nothing here rejects, or takes longer than `timeout`; an appservice that fails gives nothing.
 */
export interface AppserviceKeys {
  /**
   * Asks for one key for each claim (rule C6). Each key that the appservice gives is in one answer only.
   *
   * @param timeout ms
   * @returns in the order of `claims`; `undefined` where there is none
   */
  claimAll(
    appservice: Appservice,
    claims: readonly ProxiedClaim[],
    timeout: number,
  ): Promise<(ProxiedKey | undefined)[]>;
  /**
   * Asks for the keys of users (rule Q5).
   *
   * @param timeout ms
   * @returns what it says of them: of nobody and no device that it was not asked for. Who is missing has nothing.
   */
  query(appservice: Appservice, query: ProxiedQuery, timeout: number): Promise<ReadonlyMap<UserId, ProxiedUserKeys>>;
}
