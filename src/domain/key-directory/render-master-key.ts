import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { renderWithSignatures } from "../../protocol/keys/render-key.ts";
import type { CrossSigningKeyStore } from "../cross-signing/cross-signing-key-store.ts";
import type { KeySignatureStore } from "../cross-signing/key-signature-store.ts";

/** Inside a unit, after a device has signed its owner's master key: writes the text that everybody sees anew (rule Q3). */
export async function renderMasterKey(
  stores: { readonly crossSigningKeys: CrossSigningKeyStore; readonly keySignatures: KeySignatureStore },
  userId: UserId,
): Promise<void> {
  const master = (await stores.crossSigningKeys.listKeys(userId)).find((key) => key.usage === "master");
  if (!master) return;
  const signatures = await stores.keySignatures.listSignatures({ userId, key: master.publicKey });
  const own = signatures.filter(({ signer }) => signer === userId);
  await stores.crossSigningKeys.putRendered(userId, "master", renderWithSignatures(master.json, own));
}
