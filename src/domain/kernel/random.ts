/** Randomness, passed in so that tests own it. */
export interface Random {
  /** `count` bytes fit for secrets. */
  bytes(count: number): Buffer;
}

/** A secret of 256 bits as base64url text: access tokens, refresh tokens, session ids. */
export function randomSecret(random: Random): string {
  return random.bytes(32).toString("base64url");
}

const deviceIdLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Ten capital letters, the form in which clients are used to see device ids. */
export function randomDeviceId(random: Random): string {
  return Array.from(random.bytes(10), (byte) => deviceIdLetters[byte % deviceIdLetters.length]).join("");
}
