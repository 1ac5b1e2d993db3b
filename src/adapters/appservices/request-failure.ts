import type { AppserviceFailure } from "../../domain/appservices/appservice-gateway.ts";

/** Of an answer's body, for whoever has to find out what is wrong. */
const shownBody = 1000;

export function isFailure<T extends object>(result: T | AppserviceFailure): result is AppserviceFailure {
  return "kind" in result;
}

/** There is no URL to send it to. */
export const unset: AppserviceFailure = { kind: "unset", error: "it is registered without a URL" };

export function timedOut(milliseconds: number): AppserviceFailure {
  return { kind: "timeout", error: `it has not answered within ${milliseconds} ms` };
}

export function unreadable(error: string): AppserviceFailure {
  return { kind: "unreadable", error };
}

/** @param secrets texts that an appservice could send back and nobody may see */
export function badStatus(status: number, body: Buffer, secrets: readonly string[]): AppserviceFailure {
  const text = secrets.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), body.toString());
  return { kind: "status", error: `it answered with status ${status}`, status, body: text.slice(0, shownBody) };
}
