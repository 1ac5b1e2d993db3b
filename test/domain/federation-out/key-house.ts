import type { TestContext } from "node:test";
import { findVerifyKey } from "../../../src/domain/federation-out/find-verify-key.ts";
import type { KeyPurpose, KeyServers } from "../../../src/domain/federation-out/key-servers.ts";
import type { RemoteAnswer } from "../../../src/domain/federation-out/remote-answer.ts";
import type { SigningKey } from "../../../src/domain/federation-out/signing-key.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { signJson } from "../../../src/protocol/signed-json.ts";
import { seedSigner } from "../../protocol/federation/seed-signer.ts";
import { signServerKeys } from "../../protocol/federation/sign-server-keys.ts";
import { openHouse } from "../open-house.ts";

export const day = 24 * 3600_000;
export const other = "other.example" as ServerName;
export const notary = "notary.example" as ServerName;

/** Answers as it is told to; servers that it was told nothing of are not to be reached. */
export class ScriptedKeyServers implements KeyServers {
  /** By server. */
  readonly own = new Map<string, JsonObject>();
  /** By notary and server. */
  readonly vouched = new Map<string, readonly JsonObject[]>();
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  /** For what keys were fetched, each once. */
  readonly purposes: KeyPurpose[] = [];

  async fetchKeys(server: ServerName, _isKnown: boolean, purpose: KeyPurpose): Promise<RemoteAnswer> {
    this.asked.push(server);
    if (!this.purposes.includes(purpose)) this.purposes.push(purpose);
    return answered(this.own.get(server));
  }

  async askNotary(asked: ServerName, server: ServerName, keyId: string): Promise<RemoteAnswer> {
    this.asked.push(`${asked}: ${server} ${keyId}`);
    const objects = this.vouched.get(`${asked} ${server}`);
    return answered(objects && { server_keys: [...objects] });
  }
}

function answered(body: JsonObject | undefined): RemoteAnswer {
  return body ? { body } : { failure: { kind: "unreachable", error: "it cannot be reached" } };
}

/** This server, with a key of its own, and others to ask. */
export async function openKeyHouse(t: TestContext, notaries: ServerName[] = []) {
  const house = await openHouse(t);
  const keyServers = new ScriptedKeyServers();
  return { ...house, keyServers, notaries, signingKey: seedSigner("ed25519:a_own") };
}

export type KeyHouse = Awaited<ReturnType<typeof openKeyHouse>>;

/** As `findVerifyKey`, for somebody who may meet any server. */
export function findKey(house: KeyHouse, server: ServerName, keyId: string): Promise<string | undefined> {
  return findVerifyKey(house, server, keyId, () => true);
}

/** The server publishes these keys, from now on for a day. */
export function publish(house: KeyHouse, server: ServerName, ...keys: SigningKey[]): void {
  house.keyServers.own.set(server, signServerKeys(server, { keys, validUntil: house.clock.now() + day }));
}

/** The notary says this of a server, signed with its key. */
export function vouch(
  house: KeyHouse,
  by: ServerName,
  notaryKey: SigningKey,
  server: ServerName,
  ...said: JsonObject[]
): void {
  house.keyServers.vouched.set(
    `${by} ${server}`,
    said.map((object) => signJson(object, by, notaryKey)),
  );
}
