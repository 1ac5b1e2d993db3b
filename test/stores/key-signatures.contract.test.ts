import assert from "node:assert/strict";
import type { KeySignature, SignedKey } from "../../src/domain/cross-signing/key-signature-store.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, carol, userNamed } from "./owners.ts";

type Signed = SignedKey & KeySignature;

const selfSigned = on(alice, "PHONE", by(alice, "ed25519:SELF"));
const byLaptop = on(alice, "MASTER", by(alice, "ed25519:LAPTOP"));
const byBob = on(alice, "MASTER", by(bob, "ed25519:BOB"));
const ofCarol = on(carol, "MASTER", by(bob, "ed25519:BOB"));
const all = [selfSigned, byLaptop, byBob, ofCarol];

contract("keySignatures", {
  "X5: signatures are listed by what they are on": async (database) => {
    assert.deepEqual(await listOn(database, alice, "PHONE"), []);
    await put(database, ...all);
    assert.deepEqual(await listOn(database, alice, "PHONE"), [selfSigned]);
    assert.deepEqual(await listOn(database, alice, "MASTER"), [byLaptop, byBob]);
    assert.deepEqual(await listOn(database, carol, "MASTER"), [ofCarol]);
    assert.deepEqual(await listOn(database, carol, "PHONE"), []);
  },

  "a signer's key has one signature on a key: the one that was put last": async (database) => {
    const renewed = { ...byBob, signature: "renewed" };
    const byOtherKey = on(alice, "MASTER", by(bob, "ed25519:BOBS NEW ONE"));
    await put(database, byLaptop, byBob, renewed, byOtherKey);
    assert.deepEqual(await listOn(database, alice, "MASTER"), [byLaptop, renewed, byOtherKey]);
  },

  "Q3: what one signer made is listed for the users asked for": async (database) => {
    await put(database, ...all);
    assert.deepEqual(await listBy(database, bob, alice, carol), [byBob, ofCarol]);
    assert.deepEqual(await listBy(database, bob, carol, userNamed("unknown")), [ofCarol]);
    assert.deepEqual(await listBy(database, carol, alice, bob), []);
    assert.deepEqual(await listBy(database, bob), []);
    const thousands = Array.from({ length: 3000 }, (_, index) => userNamed(`user${index}`));
    assert.deepEqual(await listBy(database, bob, ...thousands, alice), [byBob]);
  },

  "X4: the signatures on a key that has gone are removed, and no others": async (database) => {
    await put(database, ...all);
    await database.unitOfWork.run("everything", async ({ keySignatures }) => {
      await keySignatures.removeOn({ userId: alice, key: "MASTER" });
      await keySignatures.removeOn({ userId: bob, key: "MASTER" });
    });
    assert.deepEqual(await listOn(database, alice, "MASTER"), []);
    assert.deepEqual(await listOn(database, alice, "PHONE"), [selfSigned]);
    assert.deepEqual(await listBy(database, bob, alice, carol), [ofCarol]);
  },

  "X4: the signatures made by a key that has gone are removed, and their targets told": async (database) => {
    const byBobsOther = on(alice, "MASTER", by(bob, "ed25519:OTHER"));
    const byCarolsNamesake = on(alice, "MASTER", by(carol, "ed25519:BOB"));
    await put(database, ...all, byBobsOther, byCarolsNamesake);
    const removeBobs = () =>
      database.unitOfWork.run("everything", ({ keySignatures }) => keySignatures.removeMadeBy(bob, "ed25519:BOB"));
    const targets = (await removeBobs()).toSorted((one, other) => (one.userId < other.userId ? -1 : 1));
    assert.deepEqual(targets, [
      { userId: alice, key: "MASTER" },
      { userId: carol, key: "MASTER" },
    ]);
    assert.deepEqual(await listBy(database, bob, alice, carol), [byBobsOther]);
    assert.deepEqual(await listBy(database, carol, alice), [byCarolsNamesake]);
    assert.deepEqual(await removeBobs(), []);
  },

  "a unit that fails leaves the signatures as they were": async (database) => {
    const { unitOfWork } = database;
    await put(database, byBob);
    await runAndFail(unitOfWork, ({ keySignatures }) => keySignatures.put(byBob, { ...byBob, signature: "never" }));
    await runAndFail(unitOfWork, ({ keySignatures }) => keySignatures.put(byLaptop, byLaptop));
    await runAndFail(unitOfWork, ({ keySignatures }) => keySignatures.removeOn(byBob));
    await runAndFail(unitOfWork, ({ keySignatures }) => keySignatures.removeMadeBy(bob, byBob.keyId));
    assert.deepEqual(await listOn(database, alice, "MASTER"), [byBob]);
  },

  "users, keys and signatures may be any text": async (database) => {
    const signatures = oddTexts.flatMap((text) => [
      { ...on(userNamed(text), "K", by(bob, "ed25519:BOB")), signature: text },
      { ...on(alice, text, by(bob, "ed25519:BOB")), signature: text },
      { ...on(alice, "K", by(bob, `ed25519:${text}`)), signature: text },
    ]);
    await put(database, ...signatures);
    const made = await listBy(database, bob, alice, ...oddTexts.map(userNamed));
    assert.deepEqual(sorted(made), sorted(signatures));
    for (const signature of signatures) {
      const found = await listOn(database, signature.userId, signature.key);
      assert.deepEqual(
        found.find(({ keyId }) => keyId === signature.keyId),
        signature,
      );
    }
    const last = signatures.at(-1)!;
    const remove = database.unitOfWork.run("everything", ({ keySignatures }) =>
      keySignatures.removeMadeBy(bob, last.keyId),
    );
    assert.deepEqual(await remove, [{ userId: alice, key: "K" }]);
  },
});

function by(signer: UserId, keyId: string): KeySignature {
  return { signer, keyId, signature: `signed with ${keyId}` };
}

function on(userId: UserId, key: string, signature: KeySignature): Signed {
  return { userId, key, ...signature };
}

function put({ unitOfWork }: TestDatabase, ...signatures: Signed[]): Promise<void> {
  return unitOfWork.run("everything", async ({ keySignatures }) => {
    for (const { userId, key, ...signature } of signatures) await keySignatures.put({ userId, key }, signature);
  });
}

async function listOn({ snapshots }: TestDatabase, userId: UserId, key: string): Promise<Signed[]> {
  const found = await snapshots.read(({ keySignatures }) => keySignatures.listSignatures({ userId, key }));
  return sorted(found.map(({ signer, keyId, signature }) => on(userId, key, { signer, keyId, signature })));
}

async function listBy({ snapshots }: TestDatabase, signer: UserId, ...targets: UserId[]): Promise<Signed[]> {
  return sorted(await snapshots.read(({ keySignatures }) => keySignatures.listSignaturesBy(signer, targets)));
}

function sorted(signatures: readonly Signed[]): Signed[] {
  const name = (one: Signed) => [one.userId, one.key, one.signer, one.keyId].join("\n");
  return signatures.toSorted((one, other) => (name(one) < name(other) ? -1 : 1));
}
