import type { TestContext } from "node:test";
import { afterTest } from "../support/after-test.ts";
import type { Behaviour } from "../support/appservices/appservice-routes.ts";
import {
  startTestAppservice,
  type TestAppservice,
  type TestAppserviceOptions,
} from "../support/appservices/test-appservice.ts";
import { Client, newClient } from "../support/client.ts";
import { KeyedDevice } from "../support/signed-keys.ts";
import { startTestServer } from "../support/test-server.ts";

export const algorithm = "signed_curve25519";

/** A server, a bridge whose users are `@bridge_…`, and somebody who wants to write to them. */
export interface BridgeScene {
  readonly url: string;
  readonly bridge: TestAppservice;
  readonly bob: Client;
  /** Makes a user of the bridge, with one device that is logged in and has no keys. */
  newGhost(localpart?: string): Promise<Client>;
}

/** `config` replaces whole sections of the server's config. */
export async function openScene(
  t: TestContext,
  options: TestAppserviceOptions = {},
  config: Record<string, unknown> = {},
): Promise<BridgeScene> {
  const bridge = await startTestAppservice(options);
  afterTest(t, () => bridge.close());
  const server = await startTestServer({ appservices: [bridge.registrationFile], ...config });
  afterTest(t, () => server.close());
  const { url } = server;
  const newGhost = async (localpart = "bridge_ghost") => {
    const body = { type: "m.login.application_service", username: localpart, device_id: "GHOST" };
    const answer = await bridge.request(url, "POST", "/register", { body });
    const { user_id: userId, device_id: deviceId, access_token: accessToken } = answer.body;
    return new Client(url, { userId, deviceId, accessToken });
  };
  return { url, bridge, bob: await newClient(url, "bob"), newGhost };
}

/** A device of the bridge's that this server has never heard of. */
export function unheard(localpart = "bridge_unheard", deviceId = "AWAY"): KeyedDevice {
  return new KeyedDevice({ userId: `@${localpart}:localhost`, deviceId });
}

/** One key for each that is asked, as long as `next` has some. */
export function giving(next: (userId: string, deviceId: string, algorithm: string) => object | undefined): Behaviour {
  return ({ body }) => {
    const answer: Record<string, Record<string, object>> = {};
    for (const [userId, devices] of Object.entries(body as Record<string, Record<string, string[]>>)) {
      const ofUser: Record<string, object> = {};
      for (const [deviceId, algorithms] of Object.entries(devices)) {
        ofUser[deviceId] = Object.assign({}, ...algorithms.map((wanted) => next(userId, deviceId, wanted) ?? {}));
      }
      answer[userId] = ofUser;
    }
    return { body: answer };
  };
}

/** Keys with the ids N0, N1 and so on, each once, signed by the device. */
export function numberedKeys(device: KeyedDevice): () => object {
  let given = 0;
  return () => ({ [`${algorithm}:N${given++}`]: device.oneTimeKey() });
}
