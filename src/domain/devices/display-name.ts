import { MatrixError } from "../../protocol/matrix-error.ts";

/** Characters; the bound is ours, to keep what everybody is shown small. */
const longest = 256;

/**
 * The display name of a device.
 * @param where the member that holds it, for the message
 * @throws MatrixError `M_TOO_LARGE`, `M_BAD_JSON` for a name that no database could keep
 */
export function requireDisplayName(name: string, where: string): string {
  if (name.length > longest) throw new MatrixError("M_TOO_LARGE", `${where} has more than ${longest} characters`);
  if (!name.isWellFormed() || name.includes("\0")) {
    throw new MatrixError("M_BAD_JSON", `${where} must not contain NUL or a lone surrogate`);
  }
  return name;
}
