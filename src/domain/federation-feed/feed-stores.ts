import type { CrossSigningKeyStore } from "../cross-signing/cross-signing-key-store.ts";
import type { KeySignatureStore } from "../cross-signing/key-signature-store.ts";
import type { DeviceKeyStore } from "../device-keys/device-key-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { DestinationStore } from "../federation-out/destination-store.ts";
import type { FederationQueueStore } from "../federation-out/federation-queue-store.ts";
import type { StreamStore } from "../kernel/stream-position.ts";

export interface FederationFeedStores {
  readonly crossSigningKeys: CrossSigningKeyStore;
  readonly destinations: DestinationStore;
  readonly deviceKeys: DeviceKeyStore;
  readonly federationQueue: FederationQueueStore;
  readonly keySignatures: KeySignatureStore;
  readonly knownDevices: KnownDevices;
  readonly stream: StreamStore;
}
