import { MatrixError } from "../../protocol/matrix-error.ts";

/** Characters: more than anybody types, and little to hash. */
const longest = 512;

/**
 * A new password.
 * @param where the member that holds it, for the message
 * @throws MatrixError `M_WEAK_PASSWORD` when it is empty, `M_TOO_LARGE`, `M_BAD_JSON` for lone surrogates, of which
 * one cannot be told from another once hashed
 */
export function requirePassword(password: string, where: string): string {
  if (password === "") throw new MatrixError("M_WEAK_PASSWORD", `${where} must not be empty`);
  if (password.length > longest) throw new MatrixError("M_TOO_LARGE", `${where} has more than ${longest} characters`);
  if (!password.isWellFormed()) throw new MatrixError("M_BAD_JSON", `${where} has a lone surrogate`);
  return password;
}
