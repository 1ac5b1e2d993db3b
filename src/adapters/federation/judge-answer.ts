import type { RemoteAnswer, RemoteFailure } from "../../domain/federation-out/remote-answer.ts";
import { errcodes } from "../../protocol/errcodes.ts";
import { isJsonObject, type JsonValue } from "../../protocol/json.ts";
import { type ParsedAnswer, parseJsonAnswer } from "../../protocol/parse-json-answer.ts";
import type { AnswerHeaders } from "./discovery/answer-lifetime.ts";
import { unreadable } from "./request-failure.ts";

/** What became of a request. */
export interface Outcome {
  readonly answer: RemoteAnswer;
  /** What it says of the server; `none`: it was not asked, or not given the time that an answer takes. */
  readonly sign: "alive" | "failing" | "none";
  /** Ms for which the server wants to be left alone. */
  readonly retryAfter?: number;
}

/** What was received: the body, or why it was not read. */
export interface Received {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: Buffer | RemoteFailure;
}

/**
 * Reads an answer. That the server is alive is shown by status 200, whatever the body is, and by an error that has an
 * errcode; any other status may be that of a proxy before it.
 *
 * @param now ms since the epoch
 */
export function judgeAnswer({ status, headers, body }: Received, now: number): Outcome {
  const parsed = Buffer.isBuffer(body) ? parseJsonAnswer(body) : body;
  if (status === 200) return { answer: readAnswer(parsed), sign: "alive" };
  const value = "value" in parsed ? parsed.value : undefined;
  const errcode = isJsonObject(value) ? value["errcode"] : undefined;
  const known = errcodes.find((code) => code === errcode);
  const error = `it has answered with status ${status}`;
  const answer = { failure: { kind: "status", error, status, ...(known && { errcode: known }) } } as const;
  if (status === 429) return { answer, sign: "failing", ...askedPause(headers, value, now) };
  return { answer, sign: status >= 400 && status < 500 && typeof errcode === "string" ? "alive" : "failing" };
}

function readAnswer(parsed: ParsedAnswer | RemoteFailure): RemoteAnswer {
  if (parsed.error !== undefined) return { failure: unreadable(parsed.error, 200) };
  return isJsonObject(parsed.value)
    ? { body: parsed.value }
    : { failure: unreadable("its answer is no JSON object", 200) };
}

/** By the header, else by the body. https://spec.matrix.org/v1.19/client-server-api/#rate-limiting */
function askedPause(headers: AnswerHeaders, body: JsonValue | undefined, now: number): { retryAfter?: number } {
  const header = String(headers["retry-after"] ?? "");
  if (/^\d{1,9}$/.test(header)) return { retryAfter: Number(header) * 1000 };
  const time = Date.parse(header);
  if (!Number.isNaN(time)) return { retryAfter: time - now };
  const milliseconds = isJsonObject(body) ? body["retry_after_ms"] : undefined;
  return typeof milliseconds === "number" ? { retryAfter: milliseconds } : {};
}
