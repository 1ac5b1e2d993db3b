import { Pool } from "undici";
import type { AppserviceFailure } from "../../domain/appservices/appservice-gateway.ts";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import { isHangUp, requestFault } from "../../protocol/request-error.ts";
import { timedOut, unreadable, unset } from "./request-failure.ts";

/** Ms in which a connection has to stand. */
const connectTimeout = 5000;

/** Ms without a byte of the body after which an answer is given up. */
const bodyTimeout = 10_000;

/** Requests of one appservice that wait or run at once; who comes then is turned away. */
const mostRequests = 1000;

export interface AppserviceRequest {
  readonly method: "GET" | "POST" | "PUT";
  /** As it is sent, behind the path of the appservice's URL. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** Bytes of the answer that are read. */
  readonly mostBytes: number;
}

/** When a request ends at the latest. */
export interface Deadline {
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

export interface AppserviceAnswer {
  readonly status: number;
  /** What was read of it. */
  readonly body: Buffer;
  /** Why that is not all of it. */
  readonly cut?: AppserviceFailure;
  /** It is longer than what is read of an answer. */
  readonly tooLong?: boolean;
}

interface Connected {
  readonly pool: Pool;
  /** The path of its URL, without a slash at the end. */
  readonly prefix: string;
  /** That wait or run. */
  requests: number;
}

/** Connections to appservices, a few for each, that are kept open. Redirects are answers like others. */
export class AppserviceConnections {
  readonly #connections: number;
  readonly #pools = new Map<string, Connected>();
  #closed = false;

  /** @param connections at most so many to each appservice */
  constructor(connections: number) {
    this.#connections = connections;
  }

  /**
   * Sends a request, and once more when the connection ends without an answer; never rejects. When it is cut off, its
   * connection ends with it.
   */
  async send(
    appservice: Appservice,
    request: AppserviceRequest,
    deadline: Deadline,
  ): Promise<AppserviceAnswer | AppserviceFailure> {
    const { url, hsToken } = appservice.registration;
    if (url === undefined) return unset;
    if (this.#closed) return { kind: "unreachable", error: "the server stops" };
    const to = this.#poolOf(appservice.id, url);
    if (to.requests >= mostRequests) return { kind: "unreachable", error: "too many requests wait for it" };
    to.requests++;
    try {
      return await this.#exchange(to, hsToken, request, deadline).catch((error) => {
        // A connection that was kept open may be closed by the other side just when it is used again.
        if (!isHangUp(error) || deadline.signal.aborted) throw error;
        return this.#exchange(to, hsToken, request, deadline);
      });
    } catch (error) {
      return failureOf(error, deadline);
    } finally {
      to.requests--;
    }
  }

  /** Ends all requests. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
  }

  async #exchange(
    { pool, prefix }: Connected,
    hsToken: string,
    { method, path, body, mostBytes }: AppserviceRequest,
    deadline: Deadline,
  ): Promise<AppserviceAnswer> {
    const answer = await pool.request({
      ...{ method, path: prefix + path, body: body ?? null, signal: deadline.signal },
      headers: {
        authorization: `Bearer ${hsToken}`,
        "user-agent": "Claviger",
        ...(body !== undefined && { "content-type": "application/json" }),
      },
    });
    return readAnswer(answer.statusCode, answer.body, mostBytes, deadline);
  }

  #poolOf(appserviceId: string, url: string): Connected {
    const known = this.#pools.get(appserviceId);
    if (known) return known;
    const { origin, pathname } = new URL(url);
    const pool = new Pool(origin, {
      ...{ connections: this.#connections, pipelining: 1, allowH2: false, connect: { timeout: connectTimeout } },
      // The headers have no time of their own: the deadline ends the wait for them.
      ...{ headersTimeout: 0, bodyTimeout },
    });
    const made = { pool, prefix: pathname.replace(/\/$/, ""), requests: 0 };
    this.#pools.set(appserviceId, made);
    return made;
  }
}

async function readAnswer(
  status: number,
  stream: AsyncIterable<Buffer>,
  mostBytes: number,
  deadline: Deadline,
): Promise<AppserviceAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // Leaving the loop early destroys the stream, and the connection with it.
    for await (const chunk of stream) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= mostBytes) continue;
      const cut = unreadable(`its answer is longer than ${mostBytes} bytes`);
      return { status, body: Buffer.concat(chunks).subarray(0, mostBytes), cut, tooLong: true };
    }
  } catch (error) {
    return { status, body: Buffer.concat(chunks), cut: failureOf(error, deadline) };
  }
  return { status, body: Buffer.concat(chunks) };
}

function failureOf(error: unknown, { signal, milliseconds }: Deadline): AppserviceFailure {
  if (!signal.aborted) return requestFault(error);
  return signal.reason === outOfTime
    ? timedOut(milliseconds)
    : { kind: "unreachable", error: "the request was called off" };
}

const outOfTime = new Error("out of time");

/**
 * Runs a task that has so many ms, however many requests it makes.
 *
 * @param signal ends it earlier
 */
export async function withDeadline<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  task: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const callOff = () => controller.abort();
  const timer = setTimeout(() => controller.abort(outOfTime), milliseconds).unref();
  if (signal?.aborted) callOff();
  signal?.addEventListener("abort", callOff);
  try {
    return await task({ milliseconds, signal: controller.signal });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", callOff);
  }
}
