declare const brand: unique symbol;

/** The name of a homeserver: a host with an optional port. */
export type ServerName = string & { readonly [brand]: "ServerName" };

const ipv6 = String.raw`\[[0-9A-Fa-f:.]{2,45}\]`;
const dnsName = "[A-Za-z0-9.-]{1,255}"; // IPv4 addresses are a part of this.
const grammar = new RegExp(`^(?:${ipv6}|${dnsName})(?::[0-9]{1,5})?$`);

/**
 * Parses a server name by the grammar alone; whether the host can be reached (a port above 65535, say) is found out by
 * who connects. Returns undefined when it is none. https://spec.matrix.org/v1.19/appendices/#server-name
 */
export function parseServerName(text: unknown): ServerName | undefined {
  return typeof text === "string" && grammar.test(text) ? (text as ServerName) : undefined;
}
