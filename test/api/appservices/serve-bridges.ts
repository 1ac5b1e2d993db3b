import { after, before } from "node:test";
import { startTestAppservice, type TestAppservice } from "../../support/appservices/test-appservice.ts";
import type { Answer } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/test-server.ts";

/** A server with two appservices, for all tests of a file. */
export interface Bridges {
  readonly url: string;
  /** Has `@bridge_…` for itself, and `@prefix_…` of whatever server: its second pattern names none. */
  readonly bridge: TestAppservice;
  /** Shares `@open_…` with everybody, makes its devices itself, has no URL, and its users are limited. */
  readonly open: TestAppservice;
}

export function serveBridges(config: Record<string, unknown> = {}): Bridges {
  let server: TestServer | undefined;
  const started: TestAppservice[] = [];
  before(async () => {
    const users = [
      { exclusive: true, regex: "@bridge_.*:localhost" },
      { exclusive: true, regex: "@prefix_" },
    ];
    started.push(await startTestAppservice({ users }));
    const shared = [{ exclusive: false, regex: "@open_.*:localhost" }];
    const odd = { managesDevices: true, rateLimited: true } as const;
    started.push(await startTestAppservice({ id: "open", users: shared, url: null, ...odd }));
    server = await startTestServer({ appservices: started.map((one) => one.registrationFile), ...config });
  });
  after(async () => {
    await server?.close();
    for (const appservice of started) await appservice.close();
  });
  return {
    get url() {
      return server?.url ?? "";
    },
    get bridge() {
      return started[0] as TestAppservice;
    },
    get open() {
      return started[1] as TestAppservice;
    },
  };
}

export const appserviceType = "m.login.application_service";

/** What an appservice sends to make a user. */
export function registration(username: string, more: object = {}) {
  return { type: appserviceType, username, ...more };
}

/** Makes a user without a device. @returns its id */
export async function bridgedUser({ url, bridge }: Bridges, localpart: string): Promise<string> {
  const body = registration(localpart, { inhibit_login: true });
  const answer = await bridge.request(url, "POST", "/register", { body });
  if (answer.status !== 200) throw new Error(`register answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body.user_id;
}

/** Makes a user with one device, without a token. */
export async function bridgedDevice(bridges: Bridges, localpart: string, deviceId = "GHOST") {
  const userId = await bridgedUser(bridges, localpart);
  const { url, bridge } = bridges;
  const made = await bridge.request(url, "PUT", `/devices/${deviceId}`, { userId, body: {} });
  if (made.status !== 201) throw new Error(`PUT /devices answered ${made.status}: ${JSON.stringify(made.body)}`);
  return { userId, deviceId };
}

/** Status and errcode: what a refusal is told by. */
export function refusalOf({ status, body }: Answer): [number, string] {
  return [status, body.errcode];
}
