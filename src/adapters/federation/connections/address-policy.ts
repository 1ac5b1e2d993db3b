import { BlockList, isIP } from "node:net";

/** IPv4 addresses that are of no server in the Internet: https://www.iana.org/assignments/iana-ipv4-special-registry/ */
const privateIpv4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8], // unspecified
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // behind a carrier's NAT
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link-local: cloud providers' metadata is here
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24], // documentation, as 198.51.100 and 203.0.113
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16],
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

/** IPv6 addresses among which servers are; all others are private, local or not given out. */
const publicIpv6: readonly (readonly [string, number])[] = [
  ["2000::", 3],
  ["64:ff9b::", 96], // IPv4 through NAT64
  ["::ffff:0:0", 96], // IPv4
];

/** Of those above: https://www.iana.org/assignments/iana-ipv6-special-registry/ */
const privateIpv6: readonly (readonly [string, number])[] = [
  ["2001::", 23], // protocols, Teredo
  ["2001:db8::", 32], // documentation, as 3fff
  ["3fff::", 20],
];

const open = new BlockList();
for (const [network, prefix] of publicIpv6) open.addSubnet(network, prefix, "ipv6");

const closed = new BlockList();
for (const [network, prefix] of privateIpv6) closed.addSubnet(network, prefix, "ipv6");
for (const [network, prefix] of privateIpv4) {
  // Mapped IPv4 addresses are looked up among these, too.
  closed.addSubnet(network, prefix, "ipv4");
  closed.addSubnet(`64:ff9b::${network}`, 96 + prefix, "ipv6");
  closed.addSubnet(in6to4(network), 16 + prefix, "ipv6");
}

/** 2002: and the IPv4 address, as https://www.rfc-editor.org/rfc/rfc3056 has it. */
function in6to4(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split(".").map(Number);
  return `2002:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}::`;
}

/**
 * Whether an address is one of the Internet: not private, loopback, link-local, shared, multicast, reserved or for
 * documentation, and none that leads to such an IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return false;
  if (family === 4) return !closed.check(address, "ipv4");
  return open.check(address, "ipv6") && !closed.check(address, "ipv6");
}
