/** What became of a request that has failed: one line, for people. */
export interface RequestFault {
  readonly kind: "timeout" | "unreadable" | "unreachable";
  readonly error: string;
}

/** Codes of the HTTP client where what arrives is no HTTP, or too much of it. */
const noHttp = /^(HPE_|HTTPParserError|UND_ERR_RES|UND_ERR_HEADERS_OVERFLOW)/;

/** Only the code is told: a message may quote what was sent, or what the other side said. */
export function requestFault(error: unknown): RequestFault {
  const code = codeOf(error);
  if (code.endsWith("_TIMEOUT") || code === "ETIMEDOUT") return { kind: "timeout", error: `it is too slow (${code})` };
  if (noHttp.test(code)) return { kind: "unreadable", error: `it does not speak HTTP (${code})` };
  return { kind: "unreachable", error: `it cannot be reached (${code})` };
}

/** The connection has ended, of which the other side need not have noticed that there was a request. */
export function isHangUp(error: unknown): boolean {
  return ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes(codeOf(error));
}

/** Some errors of the client have no code, but a name that says as much. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
