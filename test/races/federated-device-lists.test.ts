import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HeardByServer, taken } from "../crash/heard-by-server.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { sendNumber } from "../federation/following-client.ts";
import type { Client } from "../support/client.ts";
import { CrossSigningKeys, KeyedDevice } from "../support/signed-keys.ts";
import { seed, seedNote } from "./effort.ts";
import { federating, playServers } from "./federated-house.ts";
import { FollowedDeviceList } from "./followed-device-list.ts";
import { below, pick } from "./key-requests.ts";
import { type Deployment, deployments } from "./race-engines.ts";
import { openSeededServers } from "./seeded-server.ts";

const devicesOf = (localpart: string) => Array.from({ length: 5 }, (_, index) => `${localpart} DEVICE${index}`);

/** Changes that each device makes, one after another; the last one of some is that it logs out. */
const changesEach = 5;

/** Renames the device, or gives it other keys. */
async function change(client: Client, random: () => number, isLast: boolean): Promise<void> {
  const { deviceId, keys } = client;
  const ways = [
    () => client.request("PUT", `/devices/${deviceId}`, { display_name: `Name ${below(random, 1000)}` }),
    () => client.upload({ device_keys: new KeyedDevice(keys).deviceKeys() }),
    ...(isLast ? [() => client.post("/logout", {})] : []),
  ];
  const { status, body } = await pick(random, ways)();
  assert.equal(status, 200, JSON.stringify(body));
}

/** Servers of one house with two users of five devices each, and another server that follows both. */
async function openFollowed(t: TestContext, deployment: Deployment) {
  const { played, servers } = await playServers(t, "one");
  const names = [...devicesOf("alice"), ...devicesOf("bob"), "carol PHONE"];
  const { clients, anyUrl } = await openSeededServers(t, deployment, names, federating(played));
  const carol = clients.pop() as Client;
  for (const client of clients) {
    assert.equal((await client.upload({ device_keys: client.keys.deviceKeys() })).status, 200);
  }
  const [one] = servers;
  const lists = [...new Set(clients.map(({ userId }) => userId))].map(
    (userId) => new FollowedDeviceList(one, userId, anyUrl),
  );
  for (const list of lists) await list.fetch();
  return { clients, carol, anyUrl, lists, one, heard: new HeardByServer(one) };
}

/** Hands the updates of each transaction to the lists, slowly: while it is under way a few more things change. */
class SlowFollower {
  readonly #heard: HeardByServer;
  readonly #lists: readonly FollowedDeviceList[];
  readonly #total: number;
  #done = 0;
  #handed = 0;

  constructor(heard: HeardByServer, lists: readonly FollowedDeviceList[], total: number) {
    this.#heard = heard;
    this.#lists = lists;
    this.#total = total;
  }

  /** One of the changes has been made. */
  noteChange(): void {
    this.#done++;
    this.#heard.look();
  }

  async take(): Promise<typeof taken> {
    for (; this.#handed < this.#heard.edus.length; this.#handed++) {
      const { type, content } = this.#heard.edus[this.#handed]!;
      this.#lists.find(({ userId }) => userId === content.user_id)?.hear(type, content);
    }
    const enough = Math.min(this.#done + 4, this.#total);
    await this.#heard.until(() => this.#done >= enough);
    return taken;
  }
}

for (const deployment of deployments.slice(0, 2)) {
  for (const fetches of [false, true]) {
    const how = fetches ? "fetches lists in between, sometimes in vain," : "is only told of them";
    test(`X6: after 50 changes at once, a slow server that ${how} knows what is true (${deployment.name})`, async (t) => {
      t.diagnostic(seedNote);
      const { clients, carol, anyUrl, lists, one, heard } = await openFollowed(t, deployment);
      const random = seededNumbers(seed);
      const follower = new SlowFollower(heard, lists, clients.length * changesEach);
      heard.onNew = () => follower.take();
      const changeAll = async (client: Client) => {
        for (let turn = 1; turn <= changesEach; turn++) {
          await change(client, random, turn === changesEach);
          follower.noteChange();
          const list = pick(random, lists);
          if (fetches && below(random, 3) === 0) await (below(random, 2) === 0 ? list.fetch() : list.fetchInVain());
        }
      };
      const [alice] = clients as [Client];
      const signing = alice.post("/keys/device_signing/upload", new CrossSigningKeys(alice.userId).body());
      await Promise.all([signing, ...clients.map(changeAll)]);
      // A message is told behind all changes that came before it.
      await sendNumber(carol, { userId: one.userId("mallory"), deviceId: "PHONE" }, 0);
      await heard.until(() => heard.numbersOf(carol).length > 0);
      for (const list of lists) {
        await list.settled();
        const truth = new FollowedDeviceList(one, list.userId, anyUrl);
        await truth.fetch();
        assert.deepEqual(list.snapshot, truth.snapshot);
        for (const ids of list.previous) {
          assert.equal(ids.length, 1, "each update follows on something");
          assert.ok(list.told.has(ids[0] as number), `${ids[0]} was told before`);
        }
        if (!fetches) assert.equal(list.gaps, 0);
      }
      const [updates, gaps] = [
        lists.flatMap(({ previous }) => previous).length,
        lists.reduce((sum, list) => sum + list.gaps, 0),
      ];
      t.diagnostic(`${updates} updates in ${heard.count} transactions, ${gaps} gaps`);
    });
  }
}
