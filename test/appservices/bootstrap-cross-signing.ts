import assert from "node:assert/strict";
import type { OlmDevice } from "../../examples/olm-device.ts";

/** Makes new cross-signing keys of a user on its device, and uploads them without authentication. */
export async function bootstrapCrossSigning({ client, machine }: OlmDevice): Promise<void> {
  const { uploadSigningKeysRequest, uploadSignaturesRequest } = await machine.bootstrapCrossSigning(true);
  assert.equal(await client.send("POST", "/keys/device_signing/upload", uploadSigningKeysRequest.body), "{}");
  const signed = await client.send("POST", "/keys/signatures/upload", uploadSignaturesRequest.body);
  assert.deepEqual(JSON.parse(signed), { failures: {} });
}
