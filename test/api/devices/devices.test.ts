import assert from "node:assert/strict";
import { test } from "node:test";
import { newUser, passwordLogin } from "../../domain/open-house.ts";
import { serveAccounts } from "../serve-accounts.ts";

async function withPhoneAndLaptop(t: Parameters<typeof serveAccounts>[0]) {
  const served = await serveAccounts(t);
  await newUser(served.house);
  const tokens: string[] = [];
  for (const device_id of ["PHONE", "LAP TOP/1"]) {
    const body = { ...passwordLogin("alice"), device_id, initial_device_display_name: `The ${device_id}` };
    tokens.push(String((await served.call("POST", "/login", { body })).body["access_token"]));
  }
  const [token = "", laptopToken = ""] = tokens;
  return { ...served, token, laptopToken };
}

test("devices are listed, shown and renamed", async (t) => {
  const { call, token, house } = await withPhoneAndLaptop(t);
  const seen = { last_seen_ip: "127.0.0.1", last_seen_ts: house.clock.now() };
  const laptop = { device_id: "LAP TOP/1", display_name: "The LAP TOP/1", ...seen };
  const phone = { device_id: "PHONE", display_name: "The PHONE", ...seen };
  assert.deepEqual((await call("GET", "/devices", { token })).body, { devices: [laptop, phone] });
  assert.deepEqual((await call("GET", "/devices/LAP%20TOP%2F1", { token })).body, laptop);
  const renamed = await call("PUT", "/devices/PHONE", { token, body: { display_name: "Mine" } });
  assert.deepEqual([renamed.status, renamed.body], [200, {}]);
  assert.equal((await call("GET", "/devices/PHONE", { token })).body["display_name"], "Mine");
  for (const method of ["GET", "PUT"]) {
    const body = method === "PUT" ? { display_name: "x" } : undefined;
    const unknown = await call(method, "/devices/NONE", { token, body });
    assert.deepEqual([unknown.status, unknown.body["errcode"]], [404, "M_NOT_FOUND"]);
  }
});

test("a device is deleted with the password, and its token ends", async (t) => {
  const { call, token, laptopToken } = await withPhoneAndLaptop(t);
  const path = "/devices/LAP%20TOP%2F1";
  // Without a body, as some clients begin.
  const begun = await call("DELETE", path, { token });
  assert.equal(begun.status, 401);
  const auth = { ...passwordLogin("alice"), session: begun.body["session"] };
  const wrong = await call("DELETE", path, { token, body: { auth: { ...auth, password: "wrong" } } });
  assert.deepEqual([wrong.status, wrong.body["errcode"]], [401, "M_FORBIDDEN"]);
  const other = await call("DELETE", "/devices/PHONE", { token, body: { auth } });
  assert.deepEqual([other.status, other.body["errcode"]], [403, "M_FORBIDDEN"]);
  assert.deepEqual((await call("DELETE", path, { token, body: { auth } })).body, {});
  assert.equal((await call("GET", "/devices", { token: laptopToken })).status, 401);
  const again = await call("DELETE", path, { token, body: { auth: passwordLogin("alice") } });
  assert.equal(again.status, 200);
});

test("several devices are deleted at once, one's own too", async (t) => {
  const { call, token } = await withPhoneAndLaptop(t);
  const body = { devices: ["PHONE", "LAP TOP/1", "NONE"] };
  assert.equal((await call("POST", "/delete_devices", { token, body })).status, 401);
  const done = await call("POST", "/delete_devices", { token, body: { ...body, auth: passwordLogin("alice") } });
  assert.deepEqual([done.status, done.body], [200, {}]);
  assert.equal((await call("GET", "/devices", { token })).status, 401);
});

test("E2: hostile bodies are refused", async (t) => {
  const { call, token } = await withPhoneAndLaptop(t);
  for (const body of ["[]", '"text"', "5", "true"]) {
    const answer = await call("DELETE", "/devices/PHONE", { token, body });
    assert.deepEqual([answer.status, answer.body["errcode"]], [400, "M_BAD_JSON"]);
  }
  const tooMany = await call("POST", "/delete_devices", { token, body: { devices: "PHONE" } });
  assert.deepEqual([tooMany.status, tooMany.body["errcode"]], [400, "M_BAD_JSON"]);
  const nul = await call("PUT", "/devices/PHONE%00", { token, body: { display_name: "x" } });
  assert.deepEqual([nul.status, nul.body["errcode"]], [400, "M_INVALID_PARAM"]);
});
