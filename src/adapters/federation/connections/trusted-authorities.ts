import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

/**
 * Reads PEM files of authorities to trust beside those that Node.js trusts.
 * @throws Error with one line that names the file, when one cannot be read or holds no certificate
 */
export async function readAuthorities(paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map(readAuthority));
}

async function readAuthority(path: string): Promise<string> {
  try {
    const pem = await readFile(path, "utf8");
    // Only to see that it is one.
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new Error(`${path} is no PEM file with certificates: ${(error as Error).message}`, { cause: error });
  }
}

/** One for all connections: to make it costs some milliseconds. `undefined`: what Node.js trusts is enough. */
export function contextThatTrusts(authorities: readonly string[]): SecureContext | undefined {
  if (authorities.length === 0) return undefined;
  return createSecureContext({ ca: [...getCACertificates("default"), ...authorities] });
}
