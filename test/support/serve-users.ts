import { after } from "node:test";
import { type Client, newClient } from "./client.ts";
import { startTestServer } from "./test-server.ts";

export interface ServedUsers {
  /** Of the server, without a slash at the end. */
  readonly url: string;
  /** Somebody whom no other test has. */
  newUser(): Promise<Client>;
}

/** One server for the tests of a file; each of them has users of its own. */
export async function serveUsers(): Promise<ServedUsers> {
  const { url, close } = await startTestServer();
  after(close);
  let users = 0;
  return { url, newUser: () => newClient(url, `user${users++}`) };
}
