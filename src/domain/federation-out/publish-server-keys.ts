import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { emptyObject, type JsonValue } from "../../protocol/json.ts";
import { signJson } from "../../protocol/signed-json.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { OwnKeyStore } from "./own-key-store.ts";
import type { SigningKey } from "./signing-key.ts";

export interface PublishServerKeysDeps {
  readonly snapshots: Snapshots<{ readonly ownKeys: OwnKeyStore }>;
  readonly clock: Clock;
  readonly serverName: ServerName;
  readonly signingKey: SigningKey;
}

/** Ms for which others may go by an answer. */
const validity = 24 * 3600_000;

/**
 * The keys of this server, signed: canonical JSON. In use is the one key that this process signs with; of the others those
 * that are not to be used any more. https://spec.matrix.org/v1.19/server-server-api/#publishing-keys
 */
export async function publishServerKeys(deps: PublishServerKeysDeps): Promise<string> {
  const { serverName, signingKey, clock } = deps;
  const keys = await deps.snapshots.ask(({ ownKeys }) => ownKeys.listOwnKeys());
  const old = emptyObject<JsonValue>();
  for (const { keyId, publicKey, expiredAt } of keys) {
    if (keyId !== signingKey.keyId && expiredAt !== undefined) old[keyId] = { key: publicKey, expired_ts: expiredAt };
  }
  const object = {
    server_name: serverName,
    verify_keys: { [signingKey.keyId]: { key: signingKey.publicKey } },
    old_verify_keys: old,
    valid_until_ts: clock.now() + validity,
  };
  return canonicalJson(signJson(object, serverName, signingKey));
}
