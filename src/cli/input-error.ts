/** What a person typed cannot be used; the message is one line. */
export class InputError extends Error {
  override readonly name = "InputError";
}
