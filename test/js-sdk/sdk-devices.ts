import { after } from "node:test";
import type { Account } from "../../examples/matrix-client.ts";
import { login, registerUser, startTestServer } from "../support/test-server.ts";
import { SdkDevice } from "./sdk-device.ts";

/** A server and devices on it, which end with the test file. */
export interface SdkDevices {
  readonly url: string;
  /** A new user's first device. */
  newUser(localpart: string): Promise<SdkDevice>;
  /** One more device of a user. */
  anotherDevice(localpart: string): Promise<SdkDevice>;
}

export async function startSdkDevices(): Promise<SdkDevices> {
  const server = await startTestServer();
  const { url } = server;
  const started: SdkDevice[] = [];
  const start = async (account: Account) => {
    const device = await SdkDevice.start(url, account);
    started.push(device);
    return device;
  };
  after(async () => {
    for (const { client, wire } of started) {
      client.stopClient();
      // What is still under way ends here, and not with the server.
      wire.cut();
    }
    await server.close();
    const problems = started.flatMap(({ wire }) => wire.problems);
    if (problems.length > 0) throw new AggregateError(problems, "the server answered wrong");
  });
  return {
    url,
    newUser: async (localpart) => start(await registerUser(url, localpart)),
    anotherDevice: async (localpart) => start(await login(url, localpart)),
  };
}
