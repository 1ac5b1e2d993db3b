import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { TLSSocket } from "node:tls";
import { afterTest } from "../../support/after-test.ts";
import { readCertificate, serverCertificate } from "../../support/tls/certificates.ts";

export interface RemoteRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Which server the handshake named. */
  readonly tlsName: string | false | null;
  readonly body: string;
}

type Answer = (request: RemoteRequest, response: ServerResponse) => void;

/** Another server: HTTPS on a port of 127.0.0.1. */
export interface RemoteServer {
  readonly port: number;
  /** All that arrived, with their bodies. */
  readonly requests: RemoteRequest[];
  /** Connections that were made to it. */
  readonly connections: () => number;
  /** How it answers; with `{}` at first. */
  answer: Answer;
  /** Resolves when there have been so many requests. */
  untilAsked(times: number): Promise<void>;
  /** Ends every connection; new ones are taken. */
  hangUp(): void;
  /** Ends it, and every connection. */
  close(): Promise<void>;
}

export async function startRemote(
  t: TestContext,
  answer: Answer = answering({}),
  { certificate = serverCertificate, host = "127.0.0.1" } = {},
): Promise<RemoteServer> {
  let connections = 0;
  const waiting: { times: number; resolve: () => void }[] = [];
  const remote: RemoteServer = {
    ...{ port: 0, requests: [], answer, connections: () => connections },
    untilAsked: (times) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (remote.requests.length >= times) resolve();
      else waiting.push({ times, resolve });
      return promise;
    },
    hangUp: () => server.closeAllConnections(),
    close: () => end(server),
  };
  const server = createServer(readCertificate(certificate), async (request, response) => {
    const { method = "", url = "", headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const tlsName = (request.socket as TLSSocket).servername ?? null;
    const received = { method, path: url, headers, tlsName, body: Buffer.concat(chunks).toString() };
    remote.requests.push(received);
    for (const { times, resolve } of waiting) if (remote.requests.length >= times) resolve();
    remote.answer(received, response);
  });
  server.on("connection", () => connections++);
  server.listen(0, host);
  await new Promise((resolve) => server.once("listening", resolve));
  afterTest(t, () => end(server));
  return Object.assign(remote, { port: (server.address() as AddressInfo).port });
}

async function end(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

export function answering(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (_, response) => void response.writeHead(status, headers).end(text);
}

/** A port at which nobody listens. */
export const nobody = 1;

/** Nothing comes. */
export const silence: Answer = () => undefined;
