import { hash } from "node:crypto";

/** What stands for the key of an annotation, which may be as long as an event: in an index there is not room for that. */
export function annotationDigest(key: string): string {
  return hash("sha256", key, "base64url");
}
