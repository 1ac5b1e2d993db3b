import type { TestContext } from "node:test";
import { InProcessNotifier } from "../../../src/adapters/system/in-process-notifier.ts";
import { accountEndpoints } from "../../../src/api/client/accounts/endpoints.ts";
import { uploadCrossSigningKeysEndpoint } from "../../../src/api/client/cross-signing/upload-cross-signing-keys.ts";
import { uploadCrossSigningSignaturesEndpoint } from "../../../src/api/client/cross-signing/upload-cross-signing-signatures.ts";
import { claimKeysEndpoint } from "../../../src/api/client/keys/claim-keys.ts";
import { queryKeysEndpoint } from "../../../src/api/client/keys/query-keys.ts";
import { uploadKeysEndpoint } from "../../../src/api/client/keys/upload-keys.ts";
import { syncEndpoint } from "../../../src/api/client/sync/sync.ts";
import { createHttpServer } from "../../../src/api/http-server.ts";
import { type Client, newClient } from "../../support/client.ts";
import { openFederatedHouse } from "./federated-house.ts";

const endpoints = [
  ...accountEndpoints,
  ...[claimKeysEndpoint, queryKeysEndpoint, uploadKeysEndpoint, syncEndpoint],
  ...[uploadCrossSigningKeysEndpoint, uploadCrossSigningSignaturesEndpoint],
] as const;

/** The endpoints for keys on a port of their own, with a script in place of all other servers. */
export async function serveFederatedHouse(t: TestContext, so: { msc4072?: boolean } = {}) {
  const opened = await openFederatedHouse(t);
  const house = {
    ...opened,
    compatibility: { ...opened.compatibility, msc2732DraftNames: true, ...so },
    notifier: new InProcessNotifier(),
    keyRules: {
      ...({ verifySignatures: "enforce", identityKeys: "replaceable", maxOneTimeKeys: 500 } as const),
      duplicateErrcode: "M_DUPLICATE_ONE_TIME_KEY" as const,
    },
    observer: { ...opened.observer, loginFinished: () => undefined },
  };
  const server = createHttpServer<typeof house>(endpoints, house, {
    ...{ tls: undefined, maxBodyBytes: 100_000, limiter: undefined, plainRoutes: [] },
    log: {
      finished: () => undefined,
      failed: (operationId, _request, cause) => console.error(operationId, cause),
    },
  });
  const url = await server.listen({ port: 0, host: "127.0.0.1" });
  t.after(() => server.close());
  return {
    house,
    bob: await newClient(url, "bob"),
    newClient: (name: string): Promise<Client> => newClient(url, name),
  };
}
