import type { Endpoint } from "./endpoint.ts";

interface UnroutedAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer where no contract fits method and path (rule E1); every OPTIONS is a browser that asks before it calls. */
export function unroutedAnswer(
  method: string,
  path: string,
  endpoints: readonly Pick<Endpoint<never>, "method" | "paths">[],
): UnroutedAnswer {
  if (method === "OPTIONS") return { status: 200, body: {}, headers: {} };
  const allowed = endpoints.filter(({ paths }) => paths.some((pattern) => matches(pattern, path)));
  if (allowed.length === 0) {
    return { status: 404, body: { errcode: "M_UNRECOGNIZED", error: "Unrecognized request" }, headers: {} };
  }
  const body = { errcode: "M_UNRECOGNIZED", error: `${method} is not a method of this path` };
  return { status: 405, body, headers: { allow: [...new Set(allowed.map((endpoint) => endpoint.method))].join(", ") } };
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split("/");
  const actual = path.split("/");
  return (
    expected.length === actual.length && expected.every((part, index) => part.startsWith(":") || part === actual[index])
  );
}
