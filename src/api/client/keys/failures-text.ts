import type { ServerFailure } from "../../../domain/federation-out/server-failure.ts";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import { objectText } from "../../../protocol/json-text.ts";

/** `failures` of a query or claim: by server, why its users are missing (rule C5). */
export function failuresText(failures: ReadonlyMap<ServerName, ServerFailure>): string {
  // A request may name thousands of servers, which fail for one and the same reason.
  const texts = new Map<ServerFailure, string>();
  for (const failure of failures.values()) if (!texts.has(failure)) texts.set(failure, failureText(failure));
  return objectText([...failures].map(([server, failure]) => [server, texts.get(failure) ?? ""]));
}

/** `message` repeats `error`: some clients show the one, some the other. */
function failureText({ status, errcode, error }: ServerFailure): string {
  return JSON.stringify({ status, errcode, error, message: error });
}
