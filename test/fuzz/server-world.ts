import { type Json, type PlayedServer, PlayedServers } from "../federation/played-servers.ts";
import { Client } from "../support/client.ts";
import { registerUser } from "../support/test-server.ts";
import { authorityFile } from "../support/tls/certificates.ts";
import { MeasuredServer } from "./measured-server.ts";
import { furnish } from "./world.ts";

/** A server with a user, and servers that are played, whose keys it finds. */
export interface ServerWorld {
  readonly server: MeasuredServer;
  readonly alice: Client;
  readonly others: readonly PlayedServer[];
  close(): Promise<void>;
}

export async function makeServerWorld(names: readonly string[]): Promise<ServerWorld> {
  const played = await PlayedServers.start(...names.map((name) => `${name}.claviger.test`));
  const server = await MeasuredServer.start({
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "federation", "health"] }],
    federation: { trusted_ca: [authorityFile], resolve_overrides: played.overrides },
    public_base_url: "https://localhost",
  });
  const alice = new Client(server.url, await registerUser(server.url, "alice"));
  await furnish(alice);
  const close = async () => {
    await server.close();
    await played.close();
  };
  return { server, alice, others: played.all, close };
}

/** What Alice sees of her keys and messages, as one text; nothing of it is acknowledged. */
export async function keysAndMessages(alice: Client, since: string | undefined): Promise<string> {
  const { to_device, device_one_time_keys_count, device_unused_fallback_key_types } = await alice.sync(since);
  const { device_keys } = (await alice.query(alice.userId)) as Json;
  return JSON.stringify([to_device, device_one_time_keys_count, device_unused_fallback_key_types, device_keys]);
}
