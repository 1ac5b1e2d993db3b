import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A certificate and its private key, as paths of PEM files: what `tls` of a listener names. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly private_key: string;
}

/** For `*.claviger.test`, `localhost`, 127.0.0.1 and ::1; valid for a hundred years. */
export const serverCertificate: CertificateFiles = {
  certificate: pathOf("server.pem"),
  private_key: pathOf("server.key"),
};

/** The same names, from an authority that nobody trusts. */
export const impostorCertificate: CertificateFiles = {
  certificate: pathOf("impostor.pem"),
  private_key: pathOf("impostor.key"),
};

/** The authority that made `serverCertificate`: for `federation.trusted_ca`. */
export const authorityFile = pathOf("authority.pem");

/** As `https.createServer` wants them. */
export function readCertificate({ certificate, private_key }: CertificateFiles): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certificate), key: readFileSync(private_key) };
}
