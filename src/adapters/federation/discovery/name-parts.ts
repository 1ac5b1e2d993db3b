import { isIP, isIPv6 } from "node:net";

/** A server name in its parts. https://spec.matrix.org/v1.19/appendices/#server-name */
export interface NameParts {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number | undefined;
  readonly isLiteral: boolean;
}

const form = /^(\[(?<ipv6>[^\]]+)\]|(?<name>[^:]+))(:(?<port>\d+))?$/;

/** `undefined` for what looks like a server name, but names no place: `[1.2]`, or a port that there is not. */
export function nameParts(serverName: string): NameParts | undefined {
  const { ipv6, name, port } = form.exec(serverName)?.groups ?? {};
  const host = ipv6 ?? name;
  if (host === undefined || (ipv6 !== undefined && !isIPv6(ipv6))) return undefined;
  const number = port === undefined ? undefined : Number(port);
  if (number !== undefined && (number < 1 || number > 65_535)) return undefined;
  return { host, port: number, isLiteral: isIP(host) !== 0 };
}
