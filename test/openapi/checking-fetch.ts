import { checkAnswer } from "./answer-check.ts";

type Fetch = typeof globalThis.fetch;

const covered = new Set<string>();

/** What was answered and found right in this process, as `<operationId> <status>`, sorted. */
export function coveredOperations(): readonly string[] {
  return [...covered].sort();
}

/**
 * A fetch that throws where an answer under one of the prefixes is not what the specification says. The answer itself
 * is handed on unread. Without a body to look at are: OPTIONS and HEAD, redirects, and 204.
 * @throws AnswerError
 */
export function wrapFetch(fetch: Fetch, prefixes: readonly string[] = ["/_matrix/client/"]): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const method = (init?.method ?? (input instanceof Request ? input.method : "GET")).toUpperCase();
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (prefixes.some((prefix) => pathname.startsWith(prefix)) && hasBody(method, response.status)) {
      await inspect(method, pathname, response);
    }
    return response;
  };
}

/** The global fetch, wrapped: for tests that talk to the client-server API. */
export const checkedFetch: Fetch = wrapFetch((input, init) => globalThis.fetch(input, init));

/** A server answered what the specification does not allow. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
  readonly operationId: string | undefined;
  readonly status: number;
  readonly problems: readonly string[];

  /** @param answered the request line; the message quotes the first 2 KB of `text` */
  constructor(
    answered: string,
    found: { operationId: string | undefined; status: number; problems: readonly string[]; text: string },
  ) {
    const { operationId = "unknown operation", status, problems, text } = found;
    const body = text.length > 2048 ? `${text.slice(0, 2048)}… (${text.length} characters)` : text;
    super([`${operationId} (${answered}) answered ${status}:`, ...problems.map((p) => `- ${p}`), body].join("\n"));
    this.operationId = found.operationId;
    this.status = status;
    this.problems = problems;
  }
}

async function inspect(method: string, pathname: string, response: Response): Promise<void> {
  const { status } = response;
  const text = await response.clone().text();
  const body = parse(text);
  const type = response.headers.get("content-type") ?? "none";
  const verdict = checkAnswer({ method, path: pathname, status, body });
  const problems = body === undefined ? ["the body is not JSON"] : [...verdict.problems];
  if (!/^application\/json\s*(;|$)/i.test(type)) problems.push(`the content type is ${type}, not application/json`);
  const { operationId } = verdict;
  if (problems.length > 0) throw new AnswerError(`${method} ${pathname}`, { operationId, status, problems, text });
  if (operationId !== undefined) covered.add(`${operationId} ${status}`);
}

function hasBody(method: string, status: number): boolean {
  return method !== "OPTIONS" && method !== "HEAD" && status >= 200 && status !== 204 && !isRedirect(status);
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** `undefined` where the text is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
