const hour = 3_600_000;

/** Where an answer does not say how long it holds, and the most that is believed: ms. */
const usualLifetime = 24 * hour;
const longestLifetime = 48 * hour;

/** The headers of an answer, by lower-case name. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * For how many ms an answer may be used again, by its `Cache-Control`, else `Expires`.
 * https://spec.matrix.org/v1.19/server-server-api/#resolving-server-names step 3, https://www.rfc-editor.org/rfc/rfc9111
 *
 * @param now ms since the epoch
 */
export function answerLifetime(headers: AnswerHeaders, now: number): number {
  const lifetime = byCacheControl(text(headers["cache-control"])) ?? byExpires(text(headers["expires"]), now);
  return Math.min(Math.max(0, lifetime ?? usualLifetime), longestLifetime);
}

function byCacheControl(value: string | undefined): number | undefined {
  const directives = value?.toLowerCase().split(",") ?? [];
  let lifetime: number | undefined;
  for (const directive of directives) {
    const [name, argument = ""] = directive.trim().split("=", 2);
    if (name === "no-store" || name === "no-cache") return 0;
    const seconds = /^"?(\d{1,12})"?$/.exec(argument.trim())?.[1];
    if (name === "max-age" && seconds !== undefined) lifetime ??= Number(seconds) * 1000;
  }
  return lifetime;
}

/** What is no date has expired: https://www.rfc-editor.org/rfc/rfc9111#section-5.3 */
function byExpires(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? 0 : time - now;
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.join(",");
}
