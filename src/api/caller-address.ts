import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/**
 * The address of who makes a request. A proxy's header can hold any text; what is no address there is the proxy itself,
 * so that neither a limit is escaped nor a long text stored. Without a zone, which means nothing elsewhere.
 */
export function callerAddress({ ip, socket }: FastifyRequest): string {
  const address = isIP(ip) === 0 ? (socket.remoteAddress ?? "") : ip;
  return address.split("%", 1)[0] ?? address;
}
