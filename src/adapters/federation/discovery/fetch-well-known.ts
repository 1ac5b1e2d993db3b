import type { Client } from "undici";
import type { Clock } from "../../../domain/kernel/clock.ts";
import { parseServerName } from "../../../protocol/identifiers/server-name.ts";
import { isJsonObject } from "../../../protocol/json.ts";
import { parseJsonAnswer } from "../../../protocol/parse-json-answer.ts";
import { type DialDeps, dial } from "../connections/dial.ts";
import type { BodyReader } from "../connections/read-body.ts";
import type { Deadlines } from "../deadlines.ts";
import { answerLifetime } from "./answer-lifetime.ts";
import { nameParts } from "./name-parts.ts";
import type { WellKnown } from "./well-known-memory.ts";

const mostRedirects = 5;

const mostBytes = 65_536;

/** Ms for all redirects together. */
const timeout = 10_000;

export interface WellKnownDeps {
  readonly ClientClass: typeof Client;
  readonly dial: DialDeps;
  readonly bodies: BodyReader;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  /** 443. */
  readonly port: number;
}

type Answer = Awaited<ReturnType<Client["request"]>>;

const nothing: WellKnown = { server: undefined, lifetime: 0 };

/**
 * Fetches `/.well-known/matrix/server` of a host; never rejects.
 * https://spec.matrix.org/v1.19/server-server-api/#getwell-knownmatrixserver
 */
export async function fetchWellKnown(host: string, deps: WellKnownDeps): Promise<WellKnown> {
  return deps.deadlines.run(timeout, async ({ signal }) => {
    try {
      const start = new URL(`https://${host}:${deps.port}/.well-known/matrix/server`);
      return await follow(start, mostRedirects, signal, deps);
    } catch {
      return nothing;
    }
  });
}

/** Each hop is a connection of its own, judged as every other. */
async function follow(url: URL, redirects: number, signal: AbortSignal, deps: WellKnownDeps): Promise<WellKnown> {
  const client = new deps.ClientClass(url.origin, {
    ...{ allowH2: false, headersTimeout: 0, bodyTimeout: 0 },
    connect: (_, callback) => {
      void dial(placeOf(url), deps.dial).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    },
  });
  try {
    const headers = { "user-agent": "Claviger", host: url.host };
    const path = url.pathname + url.search;
    const answer = await client.request({ method: "GET", path, headers, signal, reset: true });
    const next = redirectOf(answer, url);
    if (next === undefined) return await read(answer, deps);
    discard(answer.body);
    return redirects > 0 ? await follow(next, redirects - 1, signal, deps) : nothing;
  } finally {
    await client.destroy();
  }
}

function placeOf({ hostname, host, port }: URL) {
  const { host: name = hostname } = nameParts(hostname) ?? {};
  const target = { host: name, port: port === "" ? 443 : Number(port) };
  return { targets: [target], hostHeader: host, tlsName: name, isTrusted: false };
}

/** Where it is to be fetched instead; only from another HTTPS URL. @throws Error for a place that is none */
function redirectOf({ statusCode, headers }: Answer, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const url = new URL(String(headers["location"]), from);
  if (url.protocol !== "https:") throw new Error("it redirects to what is not HTTPS");
  return url;
}

async function read({ statusCode, headers, body }: Answer, { bodies, clock }: WellKnownDeps): Promise<WellKnown> {
  if (statusCode !== 200) {
    discard(body);
    return nothing;
  }
  const bytes = await bodies.read(body, mostBytes);
  const value = Buffer.isBuffer(bytes) ? parseJsonAnswer(bytes).value : undefined;
  const server = isJsonObject(value) ? parseServerName(value["m.server"]) : undefined;
  // A name of no place is as invalid as none.
  const isPlace = server !== undefined && nameParts(server) !== undefined;
  return isPlace ? { server, lifetime: answerLifetime(headers, clock.now()) } : nothing;
}

/** Without reading it. */
function discard(body: Answer["body"]): void {
  body.on("error", () => undefined).destroy();
}
