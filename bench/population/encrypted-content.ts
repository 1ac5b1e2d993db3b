import { opaqueText } from "./identities.ts";

/** As a client sends it for a short message: what Megolm makes of 200 bytes of text. */
export function encryptedContent(number: number, deviceId: string) {
  return {
    algorithm: "m.megolm.v1.aes-sha2",
    ciphertext: `AwgA${opaqueText(`message ${number}`, 64).repeat(5)}`,
    device_id: deviceId,
    sender_key: opaqueText(`curve25519 ${deviceId}`, 32),
    session_id: opaqueText(`session ${deviceId}`, 32),
  };
}
