import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetOldAttempts } from "../../../src/domain/authentication/forget-old-attempts.ts";
import { challenge } from "../../../src/domain/authentication/user-interactive/challenge.ts";
import { checkInteractiveAuth } from "../../../src/domain/authentication/user-interactive/check-interactive-auth.ts";
import { consumeProof } from "../../../src/domain/authentication/user-interactive/consume-proof.ts";
import type { InteractiveAttempt } from "../../../src/domain/authentication/user-interactive/interactive-attempt.ts";
import { UserInteractiveAuthRequired } from "../../../src/domain/authentication/user-interactive/user-interactive-auth-required.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { alice, attempt, bob, type House, newUser, openHouse, passwordLogin } from "../open-house.ts";
import { refusal } from "../refusal.ts";

/** The 401 that a request is answered with. */
async function required(work: Promise<unknown>): Promise<UserInteractiveAuthRequired> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof UserInteractiveAuthRequired, `expected a challenge, not ${error}`);
  return error;
}

async function begin(house: House, begun: InteractiveAttempt): Promise<string> {
  return (await required(challenge(house, begun))).session;
}

function withAuth(begun: InteractiveAttempt, auth: JsonObject): InteractiveAttempt {
  return { ...begun, body: { ...begun.body, auth } };
}

test("a request without auth gives no proof", async (t) => {
  const house = await openHouse(t);
  for (const body of [{}, { auth: null }, { auth: {} }] as JsonObject[]) {
    assert.equal(await checkInteractiveAuth(house, attempt(alice, body)), undefined);
  }
});

test("the challenge names session, flows and params", async (t) => {
  const house = await openHouse(t);
  const { session, ...rest } = (await required(challenge(house, attempt(alice)))).body();
  assert.match(String(session), /^[\w-]{43}$/);
  assert.deepEqual(rest, { flows: [{ stages: ["m.login.password"] }], completed: [], params: {} });
});

test("the right password gives a proof, by localpart, user id and the old user member", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const stage = passwordLogin("alice");
  const user = "@alice:example.org";
  const ways = [
    stage,
    { ...stage, identifier: { type: "m.id.user", user } },
    { ...stage, identifier: null, user },
    { ...stage, identifier: { type: "m.id.user", user: "Alice" } },
  ];
  for (const way of ways) {
    const session = await begin(house, attempt(alice, { a: 1 }));
    const proof = await checkInteractiveAuth(house, withAuth(attempt(alice, { a: 1 }), { ...way, session }));
    assert.equal(proof?.sessionId, session);
  }
});

test("a flow can be passed in the first request, without a session", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const proof = await checkInteractiveAuth(house, withAuth(attempt(alice), passwordLogin("alice")));
  assert.ok(proof && (await house.unitOfWork.run("everything", (stores) => consumeProof(stores, proof))));
});

test("a wrong password is told with the same session", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const session = await begin(house, attempt(alice));
  const tried = withAuth(attempt(alice), { ...passwordLogin("alice", "wrong"), session });
  const challenged = await required(checkInteractiveAuth(house, tried));
  assert.equal(challenged.session, session);
  assert.equal(challenged.failure?.errcode, "M_FORBIDDEN");
});

test("another user's right password proves nothing", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  await newUser(house, "bob");
  const challenged = await required(checkInteractiveAuth(house, withAuth(attempt(alice), passwordLogin("bob"))));
  assert.equal(challenged.failure?.errcode, "M_FORBIDDEN");
});

test("a stage that is not offered is told as such", async (t) => {
  const house = await openHouse(t);
  const challenged = await required(checkInteractiveAuth(house, withAuth(attempt(alice), { type: "m.login.dummy" })));
  assert.equal(challenged.failure?.errcode, "M_UNRECOGNIZED");
});

test("a session is good for the request that it was begun with", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const session = await begin(house, attempt(alice, { devices: ["A"] }, "/delete_devices"));
  const auth = { ...passwordLogin("alice"), session };
  const others: InteractiveAttempt[] = [
    attempt(alice, { devices: ["A", "B"] }, "/delete_devices"),
    attempt(alice, { devices: ["A"] }, "/account/deactivate"),
    { ...attempt(alice, { devices: ["A"] }, "/delete_devices"), method: "PUT" },
    attempt(bob, { devices: ["A"] }, "/delete_devices"),
  ];
  for (const other of others) {
    const error = await refusal(checkInteractiveAuth(house, withAuth(other, auth)));
    assert.equal(error.errcode, "M_FORBIDDEN");
  }
  assert.ok(await checkInteractiveAuth(house, withAuth(attempt(alice, { devices: ["A"] }, "/delete_devices"), auth)));
});

test("an unknown or expired session is answered with a new one", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const old = await begin(house, attempt(alice));
  house.clock.advance(15 * 60_000 + 1);
  for (const session of [old, "unknown", "\ud800", "x".repeat(43)]) {
    const auth = { ...passwordLogin("alice"), session };
    const challenged = await required(checkInteractiveAuth(house, withAuth(attempt(alice), auth)));
    assert.notEqual(challenged.session, session);
    assert.equal(challenged.failure?.errcode, "M_FORBIDDEN");
    assert.ok(await checkInteractiveAuth(house, withAuth(attempt(alice), { ...auth, session: challenged.session })));
  }
});

test("X2: of 64 concurrent uses of a session exactly one is done", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const session = await begin(house, attempt(alice));
  const tried = withAuth(attempt(alice), { ...passwordLogin("alice"), session });
  const proof = await checkInteractiveAuth({ ...house, limitLogins: false }, tried);
  assert.ok(proof);
  const uses = Array.from({ length: 64 }, () =>
    house.unitOfWork.run("everything", (stores) => consumeProof(stores, proof)),
  );
  assert.equal((await Promise.all(uses)).filter(Boolean).length, 1);
  await required(checkInteractiveAuth(house, tried));
});

test("a unit that fails leaves the session unused", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const session = await begin(house, attempt(alice));
  const proof = await checkInteractiveAuth(house, withAuth(attempt(alice), { ...passwordLogin("alice"), session }));
  assert.ok(proof);
  const failing = house.unitOfWork.run("everything", async (stores) => {
    await consumeProof(stores, proof);
    throw new Error("no");
  });
  await assert.rejects(failing, /no/);
  assert.equal(await house.unitOfWork.run("everything", (stores) => consumeProof(stores, proof)), true);
});

test("a proof ends when the password changes after it was checked", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const proof = await checkInteractiveAuth(house, withAuth(attempt(alice), passwordLogin("alice")));
  assert.ok(proof);
  const phc = await house.passwordHasher.hash("another");
  await house.unitOfWork.run("everything", (stores) => stores.credentials.putPasswordHash(alice, phc));
  assert.equal(await house.unitOfWork.run("everything", (stores) => consumeProof(stores, proof)), false);
});

test("a flow of several stages is passed stage by stage, in order", async (t) => {
  const house = await openHouse(t);
  const flows = [{ stages: ["m.login.registration_token", "m.login.dummy"] }];
  const begun = { ...attempt(alice), flows, registrationToken: "token" };
  const early = await required(checkInteractiveAuth(house, withAuth(begun, { type: "m.login.dummy" })));
  assert.equal(early.failure?.errcode, "M_UNRECOGNIZED");
  const { session } = early;
  const wrong = withAuth(begun, { type: "m.login.registration_token", token: "tokem", session });
  assert.equal((await required(checkInteractiveAuth(house, wrong))).failure?.errcode, "M_UNAUTHORIZED");
  const right = withAuth(begun, { type: "m.login.registration_token", token: "token", session });
  const more = await required(checkInteractiveAuth(house, right));
  assert.deepEqual(more.completed, ["m.login.registration_token"]);
  assert.equal(more.failure, undefined);
  // A client may ask where it stands.
  assert.deepEqual(
    (await required(checkInteractiveAuth(house, withAuth(begun, { session })))).completed,
    more.completed,
  );
  assert.ok(await checkInteractiveAuth(house, withAuth(begun, { type: "m.login.dummy", session })));
});

test("the password stage is throttled", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const wrong = withAuth(attempt(alice), passwordLogin("alice", "wrong"));
  for (let count = 0; count < 10; count++) await required(checkInteractiveAuth(house, wrong));
  const error = await refusal(checkInteractiveAuth(house, withAuth(attempt(alice), passwordLogin("alice"))));
  assert.equal(error.errcode, "M_LIMIT_EXCEEDED");
});

test("old sessions are deleted", async (t) => {
  const house = await openHouse(t);
  await begin(house, attempt(alice));
  house.clock.advance(10 * 60_000);
  await begin(house, attempt(alice));
  house.clock.advance(10 * 60_000);
  await forgetOldAttempts(house);
  assert.equal((await house.rows("ui_auth_sessions")).length, 1);
});

test("E2: hostile auth is refused", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const hostile: JsonObject[] = [
    { auth: "text" },
    { auth: [1] },
    { auth: { type: "m.login.password", session: 5 } },
    { auth: { type: "m.login.password", password: 5 } },
    { auth: { type: "m.login.password", password: "x", identifier: "alice" } },
    { auth: { type: "m.login.password", password: "x", identifier: { type: "m.id.thirdparty" } } },
    { auth: { type: "m.login.password", password: "x" } },
  ];
  for (const body of hostile) {
    const error = await refusal(checkInteractiveAuth(house, attempt(alice, body)));
    assert.match(error.errcode, /^M_(BAD_JSON|MISSING_PARAM|UNKNOWN)$/);
  }
  await required(checkInteractiveAuth(house, attempt(alice, { auth: { type: ["m.login.password"] } })));
});
