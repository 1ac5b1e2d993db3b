import type { Logger } from "./logger.ts";
import type { RequestDurations } from "./request-durations.ts";

/** What is read of a request; headers, query and body are not. */
interface LoggedRequest {
  readonly id: unknown;
  readonly method: string;
  readonly url: string;
  readonly requester?: { readonly userId: string };
}

interface LoggedReply {
  readonly statusCode: number;
  /** Ms from the request's arrival to the end of the answer. */
  readonly elapsedTime: number;
}

/** Times and logs every HTTP request: one line each, for failures with the cause's stack. */
export class HttpRequestLog {
  readonly #logger: Logger;
  readonly #durations: RequestDurations;
  /** Causes of answers that are not finished yet. */
  readonly #causes = new WeakMap<object, unknown>();

  constructor(logger: Logger, durations: RequestDurations) {
    this.#logger = logger;
    this.#durations = durations;
  }

  /** The request is answered, or its caller hung up. */
  finished(operationId: string | undefined, request: LoggedRequest, reply: LoggedReply): void {
    const { statusCode: status, elapsedTime } = reply;
    this.#durations.observe(operationId, status, elapsedTime);
    const fields = {
      operationId,
      method: request.method,
      path: pathOf(request.url),
      status,
      ms: Math.round(elapsedTime * 10) / 10,
      requestId: request.id,
      userId: request.requester?.userId,
    };
    if (status < 400) this.#logger.debug("request", fields);
    else if (status < 500) this.#logger.debug("request refused", { ...fields, detail: this.#causes.get(request) });
    else this.#logger.warn("request failed", { ...fields, error: this.#causes.get(request) });
  }

  /** The request will be answered with an error because of `cause`; it is logged with the answer. */
  failed(_operationId: string | undefined, request: LoggedRequest, cause: unknown): void {
    this.#causes.set(request, cause);
  }
}

/** Tokens come in the query, so it is cut off (rule E3). */
function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
