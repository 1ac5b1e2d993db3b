/** Turns passwords into text from which they cannot be had back. Slow on purpose: never called inside a unit. */
export interface PasswordHasher {
  /**
   * A PHC string (`$argon2id$…`) with a salt of its own.
   * @throws MatrixError 429 `M_LIMIT_EXCEEDED` when too many hashings wait already
   */
  hash(password: string): Promise<string>;
  /**
   * Whether the string was made of this password. Without a string it takes as long and is false, so that the time
   * does not tell whether a user exists.
   * @throws MatrixError 429 `M_LIMIT_EXCEEDED` when too many hashings wait already
   */
  verify(password: string, phc: string | undefined): Promise<boolean>;
}
