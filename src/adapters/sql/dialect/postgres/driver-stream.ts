import type { Duplex } from "node:stream";
import type { ClientBase } from "pg";

/** A connection's socket, which the driver has for itself. */
export function streamOf(client: ClientBase): Duplex {
  return (client as unknown as { connection: { stream: Duplex } }).connection.stream;
}
