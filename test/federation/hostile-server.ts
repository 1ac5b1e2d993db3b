import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { Behaviour, Json, Played } from "./played-servers.ts";

/** How much of an answer has gone out. */
export interface Poured {
  /** Bytes that the other side's connection has taken. */
  bytes: number;
  /** Whether the other side hung up before the end. */
  hungUp: boolean;
}

/** Answers with `bytes` of JSON (`Infinity`: without end), as fast as they are taken. */
export function pour(bytes: number, poured: Poured): Behaviour {
  const chunk = Buffer.alloc(65_536, "x");
  return () => (response) => {
    response.writeHead(200, {
      "content-type": "application/json",
      ...(Number.isFinite(bytes) && { "content-length": bytes }),
    });
    let left = bytes;
    const write = () => {
      while (left > 0 && !response.destroyed) {
        const next = left < chunk.length ? chunk.subarray(0, left) : chunk;
        left -= next.length;
        poured.bytes += next.length;
        if (!response.write(next)) return;
      }
      if (left <= 0) response.end();
    };
    response.write('{"device_keys":"');
    response.on("drain", write).on("close", () => {
      poured.hungUp ||= !response.writableFinished;
    });
    write();
  };
}

/** A byte a second, for ever, of an answer that never ends. */
export function drip(poured: Poured): Behaviour {
  return () => (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const timer = setInterval(() => {
      poured.bytes += 1;
      response.write(" ");
    }, 1000);
    response.on("close", () => {
      poured.hungUp = true;
      clearInterval(timer);
    });
  };
}

/** JSON whose parts lie `levels` deep in each other. */
export function nested(levels: number): Played {
  return (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"one_time_keys":${'{"a":'.repeat(levels)}1${"}".repeat(levels)}}`);
  };
}

/** A server in the private network, which only this machine can reach: nobody may be sent there. */
export class Trap {
  connections = 0;
  readonly #server: Server = createServer((socket) => {
    this.connections += 1;
    socket.on("error", () => undefined).destroy();
  });

  static async set(): Promise<Trap> {
    const trap = new Trap();
    trap.#server.listen(0, "127.0.0.1");
    await once(trap.#server, "listening");
    return trap;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }
}

export function redirect(status: number, location: string): Behaviour {
  return () => (response) => {
    response.writeHead(status, { location, "content-type": "application/json" }).end("{}");
  };
}

/** A change of a device's keys, as its server tells it. */
export function deviceListUpdate(
  userId: string,
  deviceId: string,
  streamId: number,
  prevId: number[],
  more: Json = {},
) {
  return {
    edu_type: "m.device_list_update",
    content: { user_id: userId, device_id: deviceId, stream_id: streamId, prev_id: prevId, ...more },
  };
}
