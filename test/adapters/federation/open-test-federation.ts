import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { TestContext } from "node:test";
import type { Resolver, Service } from "../../../src/adapters/federation/discovery/resolver.ts";
import { type FederationOptions, openFederation } from "../../../src/adapters/federation/open-federation.ts";
import type { KeyPurpose } from "../../../src/domain/federation-out/key-servers.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { encodeUnpaddedBase64 } from "../../../src/protocol/unpadded-base64.ts";
import { afterTest } from "../../support/after-test.ts";
import { authorityFile } from "../../support/tls/certificates.ts";
import { HandClock } from "../observability/hand-clock.ts";

/** Of a caller that does not give up, in ms. */
export const patient = 600_000;

export const ourName = "us.claviger.test" as ServerName;

export function makeSigningKey() {
  const { privateKey } = generateKeyPairSync("ed25519");
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32);
  return {
    keyId: "ed25519:a_test",
    publicKey: encodeUnpaddedBase64(publicKey),
    sign: (bytes: Uint8Array) => encodeUnpaddedBase64(sign(null, bytes, privateKey)),
  };
}

/** A DNS that knows what it is given: addresses of hosts, 127.0.0.1 for others, and services. */
export class TestDns implements Resolver {
  readonly hosts = new Map<string, string[]>();
  readonly records = new Map<string, Partial<Service>[]>();
  readonly asked: string[] = [];

  async addresses(host: string): Promise<readonly string[]> {
    this.asked.push(host);
    return this.hosts.get(host) ?? ["127.0.0.1"];
  }

  async services(name: string): Promise<readonly Service[]> {
    this.asked.push(name);
    const records = this.records.get(name);
    if (records === undefined) throw new Error("ENODATA");
    return records.map((record) => ({ name: ".", port: 0, priority: 0, weight: 0, ...record }));
  }
}

/** The ways out, with a clock that stands still, a DNS of the test and an observer that counts. */
export async function openTestFederation(t: TestContext, options: Partial<FederationOptions> = {}) {
  const clock = new HandClock();
  const dns = new TestDns();
  const signingKey = makeSigningKey();
  const outcomes: string[] = [];
  const federation = await openFederation({
    ...{ serverName: ourName, signingKey, clock, resolver: dns, trustedCa: [authorityFile], resolveOverrides: {} },
    allowPrivateAddresses: true,
    random: { bytes: (count) => Buffer.alloc(count) },
    observer: { remoteAsked: (kind, outcome) => void outcomes.push(`${kind} ${outcome}`) },
    ...options,
  });
  afterTest(t, () => federation.close());
  const { remoteServers } = federation;
  return {
    ...{ clock, dns, signingKey, outcomes, federation },
    claim: (server: string, timeout = patient) =>
      remoteServers.claimKeys(server as ServerName, { "@user:there": { DEVICE: "signed_curve25519" } }, timeout),
    query: (server: string, timeout = patient) =>
      remoteServers.queryKeys(server as ServerName, { "@user:there": [] }, timeout),
    devices: (server: string, timeout = patient) =>
      remoteServers.getUserDevices(server as ServerName, "@us/er:there" as UserId, timeout),
    fetchKeys: (server: string, isKnown = false, purpose: KeyPurpose = "request") =>
      federation.keyServers.fetchKeys(server as ServerName, isKnown, purpose),
    send: (server: string, id: string, body: string, signal = new AbortController().signal) =>
      federation.transactionGateway.sendTransaction(server as ServerName, id, body, signal),
  };
}
