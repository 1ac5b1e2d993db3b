import { checkAnswer } from "../openapi/answer-check.ts";
import { findOperation } from "../openapi/find-operation.ts";
import type { HostileRequest } from "./hostile-request.ts";
import type { RawAnswer } from "./send-raw.ts";

/** What is wrong with an answer to a request, however hostile that is. */
export function problemsOf(
  { method, path }: HostileRequest,
  { status, contentType, text }: RawAnswer,
): readonly string[] {
  if (status >= 500) return [`status ${status}`];
  if (!contentType.startsWith("application/json")) return [`content type ${contentType}`];
  const body: unknown = JSON.parse(text);
  if (status >= 400 && !("errcode" in (body as object)) && status !== 401) return ["no errcode"];
  // What stands in the path may have made another one of it.
  const pathname = path.split("?", 1)[0] ?? path;
  const known = findOperation(method, pathname) !== undefined;
  return known ? checkAnswer({ method, path: pathname, status, body }).problems : [];
}

/** Without what is a secret in it. */
export function describe(request: HostileRequest, { status, text }: RawAnswer): string {
  const { operationId, method, path, body, headers } = request;
  const { authorization = "", ...others } = headers;
  const header = authorization.startsWith("Bearer") ? "" : authorization.slice(0, 300);
  const sent = `${method} ${path.slice(0, 300)} ${header} ${JSON.stringify(others).slice(0, 200)}`;
  return `${operationId}: ${sent}\n${body?.toString().slice(0, 600)}\nanswered ${status}: ${text.slice(0, 300)}`;
}
