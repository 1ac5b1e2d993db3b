import type { FastifyServerOptions } from "fastify";
import type { Errcode } from "../protocol/errcodes.ts";

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly errcode: Errcode;
  readonly error: string;
}

/** What never became a request is refused in the standard words too (rule E1). */
export const refuseConnection: NonNullable<FastifyServerOptions["clientErrorHandler"]> = (error, socket) => {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const { status, reason, ...body } = refusalOf(error.code);
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${reason}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(text)}`,
    "access-control-allow-origin: *",
    "connection: close",
  ];
  if (socket.writable) socket.write(`${lines.join("\r\n")}\r\n\r\n${text}`);
  socket.destroy(error);
};

function refusalOf(code: string): Refusal {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return {
        status: 408,
        reason: "Request Timeout",
        errcode: "M_UNKNOWN",
        error: "The request took too long to arrive",
      };
    case "HPE_HEADER_OVERFLOW":
      return {
        status: 431,
        reason: "Request Header Fields Too Large",
        errcode: "M_TOO_LARGE",
        error: "The headers are too large",
      };
    default:
      return { status: 400, reason: "Bad Request", errcode: "M_UNKNOWN", error: "This is not a valid HTTP request" };
  }
}
