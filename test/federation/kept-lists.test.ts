import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newClient } from "../support/client.ts";
import { ChangingDevices, upload } from "./changing-devices.ts";
import { eventually } from "./eventually.ts";
import { Federation } from "./federated-servers.ts";
import { FollowingClient, sendNumber } from "./following-client.ts";

const day = 24 * 3600_000;
const federation = await Federation.start({ names: ["one", "two"] });
after(() => federation.close());
const [one, two] = [federation.server("one"), federation.server("two")];

/** A client on one, and a user of two whose devices it follows, as one does: they have written to each other. */
async function acquainted(viewerName: string, ownerName: string) {
  const viewer = new FollowingClient(await newClient(one.url, viewerName));
  const owner = await newClient(two.url, ownerName);
  for (const client of [viewer.client, owner]) await upload(client, client.keys);
  await sendNumber(viewer.client, owner, 0);
  await sendNumber(owner, viewer.client, 0);
  viewer.follow(owner.userId);
  const devices = new ChangingDevices(owner, ownerName, () => 0);
  await devices.change();
  const untilRight = () =>
    eventually(async () => {
      await viewer.sync();
      const { device_keys: atHome } = await owner.query(owner.userId);
      assert.deepEqual(viewer.devices.get(owner.userId), atHome[owner.userId]);
    });
  await untilRight();
  return { viewer, owner, devices, untilRight };
}

/** The requests for keys that one has made to others. */
async function requests(): Promise<number> {
  const text = await (await fetch(`${one.url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith('claviger_federation_requests_total{kind="query"'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

test("Q4: a list that is known to be fresh is given without asking, also while its server is away", async () => {
  const { viewer, owner } = await acquainted("alice", "bob");
  const expected = viewer.devices.get(owner.userId);
  assert.equal(Object.keys(expected).length, 2);
  const before = await requests();
  for (const isCut of [false, true]) {
    if (isCut) federation.cutOff("two");
    const { device_keys: found, failures = {} } = await viewer.client.query(owner.userId);
    assert.deepEqual([found[owner.userId], failures], [expected, {}]);
  }
  assert.equal(await requests(), before);
  federation.mend("two");
});

test("Q4: after a month without a word the list is no longer known to be fresh: it is given, and its server is in failures", async () => {
  const { viewer, owner, devices, untilRight } = await acquainted("carol", "dave");
  const expected = viewer.devices.get(owner.userId);
  federation.cutOff("two");
  await devices.change();
  for (let days = 0; days < 31; days++) federation.clock.move(day);
  const { device_keys: found, failures } = await viewer.client.query(owner.userId);
  assert.deepEqual(found[owner.userId], expected);
  assert.deepEqual(Object.keys(failures), [two.name]);

  federation.mend("two");
  // One asks again by itself: what it was not told is seen, and from then on it is told again.
  await eventually(async () => {
    federation.clock.move(60_000);
    await viewer.sync();
    const { device_keys: atHome } = await owner.query(owner.userId);
    assert.deepEqual(viewer.devices.get(owner.userId), atHome[owner.userId]);
  });
  await devices.change();
  await untilRight();
});
