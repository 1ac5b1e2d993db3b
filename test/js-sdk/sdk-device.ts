import {
  ClientEvent,
  createClient,
  type MatrixClient,
  MatrixEventEvent,
  MemoryStore,
  RoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
} from "matrix-js-sdk";
import { type CryptoApi, CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import type { Account } from "../../examples/matrix-client.ts";
import "./quiet-sdk.ts";
import { type Found, until } from "./until.ts";
import { Wire } from "./wire.ts";

// A request's time-out outlives the request and the client in this SDK: nothing of it may hold the process for two minutes.
globalThis.setTimeout = new Proxy(setTimeout, {
  apply: (target, self, parameters) => Reflect.apply(target, self, parameters).unref(),
});

/** A device run by matrix-js-sdk with its Rust cryptography, as Element runs it; its store is in memory. */
export class SdkDevice {
  readonly wire = new Wire();
  readonly account: Account;
  readonly client: MatrixClient;
  /** What opens the secret storage: this device made it, or its user typed it in. */
  secretStorageKey: Uint8Array<ArrayBuffer> | undefined;

  private constructor(url: string, account: Account) {
    const { userId, deviceId, accessToken } = account;
    this.account = account;
    this.client = createClient({
      ...{ baseUrl: url, userId, deviceId, accessToken, fetchFn: this.wire.fetch, disableVoip: true },
      store: new MemoryStore(),
      verificationMethods: ["m.sas.v1"],
      cryptoCallbacks: {
        getSecretStorageKey: async ({ keys }) => {
          const [keyId] = Object.keys(keys);
          return keyId === undefined || this.secretStorageKey === undefined ? null : [keyId, this.secretStorageKey];
        },
        cacheSecretStorageKey: (_keyId, _description, key) => {
          this.secretStorageKey = key;
        },
      },
    });
  }

  /** A device that has synced and has uploaded its keys. */
  static async start(url: string, account: Account): Promise<SdkDevice> {
    const device = new SdkDevice(url, account);
    const { client } = device;
    await client.initRustCrypto({ useIndexedDB: false });
    await client.startClient({ lazyLoadMembers: true });
    await device.until(() => client.isInitialSyncComplete());
    await until(device.wire, ["answered"], () => device.wire.exchangesOf("/keys/upload").length > 0);
    return device;
  }

  get crypto(): CryptoApi {
    const crypto = this.client.getCrypto();
    if (crypto === undefined) throw new Error("the cryptography is not running");
    return crypto;
  }

  get userId(): string {
    return this.account.userId;
  }

  get deviceId(): string {
    return this.account.deviceId;
  }

  /** What `find` gives as soon as it is neither `undefined` nor false: it is asked at once, and whenever something happens. */
  until<T>(find: () => T | Promise<T>): Promise<Found<T>> {
    return until(this.client, happenings, find);
  }

  /** Cross-signing, secret storage and a key backup, as a new user sets them up. */
  async setUpEncryption(): Promise<void> {
    await this.crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (upload) => upload(null) });
    await this.crypto.bootstrapSecretStorage({
      createSecretStorageKey: () => this.crypto.createRecoveryKeyFromPassphrase(),
      setupNewKeyBackup: true,
    });
  }
}

const happenings = [
  ...[ClientEvent.Sync, RoomEvent.MyMembership, RoomEvent.Timeline, RoomMemberEvent.Membership, RoomStateEvent.Update],
  ...[MatrixEventEvent.Decrypted, CryptoEvent.DevicesUpdated, CryptoEvent.KeysChanged],
];
