import { isIPv6 } from "node:net";

/** Whom an address stands for. Who has an IPv6 address has 2^64 of them: the first four groups are the caller. */
export function networkOf(ip: string): string {
  const address = ip.split("%", 1)[0] ?? ip;
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = address.split("::", 2);
  const front = head === "" ? [] : head.split(":");
  const back = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return `${[...front, ...Array<string>(zeros).fill("0"), ...back].slice(0, 4).join(":")}::/64`;
}
