/** Objects of the right shape for tests of the validator: nobody verifies their signatures. */
export const alice = "@alice:example.org";

const signatures = { [alice]: { "ed25519:JLAFKJWSCS": "c2lnbmF0dXJl" } };

export const deviceKeys = {
  user_id: alice,
  device_id: "JLAFKJWSCS",
  algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
  keys: { "curve25519:JLAFKJWSCS": "Y3VydmU", "ed25519:JLAFKJWSCS": "ZWQ" },
  signatures,
};

export const signedKey = { key: "a2V5", signatures };

export function crossSigningKey(usage: string) {
  return { user_id: alice, usage: [usage], keys: { "ed25519:cHVibGlj": "cHVibGlj" } };
}
