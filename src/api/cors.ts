import type { FastifyReply } from "fastify";

/** https://spec.matrix.org/v1.19/client-server-api/#web-browser-clients */
const crossOriginHeaders = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, PUT, DELETE, OPTIONS",
  "access-control-allow-headers": "X-Requested-With, Content-Type, Authorization",
};

export function allowCrossOrigin(reply: FastifyReply): void {
  reply.headers(crossOriginHeaders);
}
