import { Client } from "../support/client.ts";
import { login, registerUser } from "../support/test-server.ts";

/** Who is there to be attacked, and by whom. */
export interface World {
  /** The device whose token the requests carry. */
  readonly mallory: Client;
  readonly password: string;
  /** Another device of the same user, which sees what the first has done. */
  readonly watcher: Client;
  readonly alice: Client;
  /** With it everybody whose name begins as Mallory's can be acted as. */
  readonly asToken: string;
  readonly filterId: string;
  readonly syncToken: string;
}

/** What time alone changes. */
const grows = /^(last_seen.*|age)$/;

let worlds = 0;

/** A new user with two devices, keys, messages, account data and a filter, and Alice, who has as much. */
export async function makeWorld(url: string, alice: Client, asToken: string): Promise<World> {
  const localpart = `mallory${++worlds}`;
  const password = `${localpart}-password`;
  const mallory = new Client(url, await registerUser(url, localpart));
  const watcher = new Client(url, await login(url, localpart));
  await furnish(mallory);
  await watcher.send("m.test", "1", { [mallory.userId]: { "*": { from: "watcher" } } });
  const filter = await mallory.post(`/user/${mallory.userId}/filter`, { account_data: { types: ["m.*"] } });
  const { next_batch } = await mallory.sync();
  return { mallory, password, watcher, alice, asToken, filterId: filter.body.filter_id, syncToken: next_batch };
}

/** Uploads keys of every kind, and sets account data. */
export async function furnish(client: Client): Promise<void> {
  const { keys } = client;
  await client.upload({
    device_keys: keys.deviceKeys(),
    one_time_keys: keys.oneTimeKeys(3),
    fallback_keys: keys.fallbackKey(),
  });
  const backup = { algorithm: "m.megolm_backup.v1.curve25519-aes-sha2", auth_data: {} };
  await client.post("/room_keys/version", backup);
  await client.request("PUT", `/user/${client.userId}/account_data/m.direct`, { a: 1 });
}

/**
 * Everything that queries, syncs and counts show, as one text. Nothing of it is acknowledged or taken by asking. The
 * positions in the sync tokens are in it: what was refused takes none.
 */
export async function visibleState({ mallory, watcher, alice }: World): Promise<string> {
  const parts = [await watcher.query(mallory.userId, alice.userId), await watcher.get("/devices")];
  for (const client of [mallory, watcher, alice]) parts.push(await client.sync());
  for (const version of ["", "/1"]) parts.push(await watcher.get(`/room_keys/version${version}`));
  return JSON.stringify(parts, (name, value: unknown) => (grows.test(name) ? undefined : value));
}

/** Whether the devices of the world are still logged in. */
export async function isAlive({ mallory, watcher }: World): Promise<boolean> {
  const answers = [await mallory.get("/account/whoami"), await watcher.get("/account/whoami")];
  return answers.every(({ status }) => status === 200);
}
