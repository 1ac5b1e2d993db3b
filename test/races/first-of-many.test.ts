import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "../../examples/matrix-client.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import { Client } from "../support/client.ts";
import { CrossSigningKeys } from "../support/signed-keys.ts";
import { times } from "./effort.ts";
import { deployments } from "./race-engines.ts";
import { openSeededServers, phones } from "./seeded-server.ts";

async function register(url: string, username: string, password: string) {
  const body = { username, password, auth: { type: "m.login.dummy" } };
  const answer = await checkedFetch(`${url}/_matrix/client/v3/register`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

for (const deployment of deployments) {
  test(`X1, X2: of first cross-signing keys that come at once one user's are taken, whole, and the others need a password (${deployment.name})`, async (t) => {
    const { clients } = await openSeededServers(t, deployment, phones("alice", 10 * times));
    for (const alice of clients) {
      const uploads = Array.from({ length: 6 }, () => new CrossSigningKeys(alice.userId).body());
      const answers = await Promise.all(uploads.map((body) => alice.post("/keys/device_signing/upload", body)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401, 401, 401]);
      const winner = uploads[answers.findIndex(({ status }) => status === 200)];
      const { master_keys, self_signing_keys, user_signing_keys } = await alice.query(alice.userId);
      assert.deepEqual(master_keys[alice.userId].keys, winner?.master_key["keys"]);
      assert.deepEqual(self_signing_keys[alice.userId], winner?.self_signing_key);
      assert.deepEqual(user_signing_keys[alice.userId], winner?.user_signing_key);
      // An upload of what is there already is repeated without a password.
      assert.equal((await alice.post("/keys/device_signing/upload", winner)).status, 200);
    }
  });

  test(`of registrations of one name that come at once one is taken, and it alone is logged in (${deployment.name})`, async (t) => {
    const { anyUrl } = await openSeededServers(t, deployment, [], { registration: { mode: "open" } });
    for (let round = 0; round < 3 * times; round++) {
      const passwords = Array.from({ length: 5 }, (_, index) => `password of ${index}`);
      const answers = await Promise.all(passwords.map((password) => register(anyUrl(), `user${round}`, password)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400, 400, 400]);
      for (const { status, body } of answers) if (status === 400) assert.equal(body["errcode"], "M_USER_IN_USE");
      const { body = {} } = answers.find(({ status }) => status === 200) ?? {};
      const account = { userId: body["user_id"], deviceId: body["device_id"], accessToken: body["access_token"] };
      const { devices } = (await new Client(anyUrl, account as Account).get("/devices")).body;
      assert.equal(devices.length, 1);
    }
  });
}
