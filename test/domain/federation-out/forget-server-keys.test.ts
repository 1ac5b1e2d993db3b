import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetServerKeys } from "../../../src/domain/federation-out/forget-server-keys.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { seedSigner } from "../../protocol/federation/seed-signer.ts";
import { day, findKey, type KeyHouse, openKeyHouse, other, publish } from "./key-house.ts";

const key = seedSigner("ed25519:a_1");

test("a server's keys are forgotten 30 days after the last of them was valid", async (t) => {
  const house = await openKeyHouse(t);
  const renewed = "renewed.example" as ServerName;
  for (const server of [other, renewed]) {
    publish(house, server, key);
    await findKey(house, server, key.keyId);
  }
  house.clock.advance(20 * day);
  publish(house, renewed, key);
  await findKey(house, renewed, key.keyId);
  house.clock.advance(11 * day);
  await forgetServerKeys(house);
  assert.deepEqual(await serversOf(house), [other, renewed]);
  house.clock.advance(1);
  await forgetServerKeys(house);
  assert.deepEqual(await serversOf(house), [renewed]);
  assert.equal((await house.rows("server_keys")).length, 1);
});

test("of more than 100,000 servers those are forgotten that were asked for their keys longest ago", async (t) => {
  const house = await openKeyHouse(t);
  const validUntil = house.clock.now() + day;
  const nameOf = (index: number) => `s${index}.example` as ServerName;
  for (let index = 0; index < 100_250; index += 10_025) {
    await house.unitOfWork.run({}, async ({ serverKeys }) => {
      for (let at = index; at < index + 10_025; at++) {
        await serverKeys.putObject(nameOf(at), { json: "{}", validUntil, fetchedAt: at });
      }
    });
  }
  const stored = { ...key, validUntil, expiredAt: undefined, fetchedAt: 0 };
  await house.unitOfWork.run({}, ({ serverKeys }) => serverKeys.putKeys(nameOf(0), [stored]));
  await forgetServerKeys(house);
  const left = new Set(await serversOf(house));
  assert.equal(left.size, 100_000);
  assert.deepEqual([left.has(nameOf(249)), left.has(nameOf(250))], [false, true]);
  assert.deepEqual(await house.rows("server_keys"), []);
});

async function serversOf(house: KeyHouse): Promise<string[]> {
  const rows = (await house.rows("server_key_objects")) as readonly { readonly server_name: string }[];
  return rows.map((row) => row.server_name).sort();
}
