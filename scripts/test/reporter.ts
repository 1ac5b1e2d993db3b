// Runs inside a test file's process as its reporter, and sends what happens to `npm test` (run-file.ts).
import type { TestEvent as NodeTestEvent } from "node:test/reporters";
import { inspect } from "node:util";
import type { TestEvent } from "./test-event.ts";

export default async function* report(source: AsyncIterable<NodeTestEvent>): AsyncGenerator<string> {
  /** The names of the tests around the one that is being told about, outermost first. */
  const path: string[] = [];
  for await (const event of source) {
    if (event.type === "test:start") path.splice(event.data.nesting, path.length, event.data.name);
    const told = translate(event, path);
    if (told !== undefined) process.send?.(told);
  }
  yield "";
}

function translate(event: NodeTestEvent, path: readonly string[]): TestEvent | undefined {
  switch (event.type) {
    // These two come at once; passes and failures wait for the tests before them.
    case "test:dequeue":
      return { type: "began" };
    case "test:complete":
      return { type: "ended" };
    case "test:pass":
      return { type: isSkipped(event.data) ? "skipped" : "passed", isSuite: event.data.details.type === "suite" };
    case "test:fail":
      return failure(event.data, path);
    case "test:diagnostic":
      return isCount(event.data.message) ? undefined : { type: "note", text: event.data.message };
    case "test:summary":
      return { type: "finished" };
    default:
      return undefined;
  }
}

type FailureData = Extract<NodeTestEvent, { type: "test:fail" }>["data"];

function failure(data: FailureData, path: readonly string[]): TestEvent {
  const isSuite = data.details.type === "suite";
  if (isSkipped(data)) return { type: "skipped", isSuite };
  const { error } = data.details;
  // The parent of a failed test fails too; only the innermost one has something to say.
  const isInnermost = (error as { failureType?: string }).failureType !== "subtestsFailed";
  const name = [...path.slice(0, data.nesting), data.name].join(" > ");
  return { type: "failed", isSuite, name, error: isInnermost ? describe(error) : undefined };
}

function isSkipped({ skip, todo }: { skip?: string | boolean; todo?: string | boolean }): boolean {
  return (skip !== undefined && skip !== false) || (todo !== undefined && todo !== false);
}

function describe(error: Error): string {
  const cause = error.cause ?? error;
  return typeof cause === "string" ? cause : inspect(cause, { depth: 12, breakLength: 120, maxStringLength: 20_000 });
}

/** The runner's own totals come as notes as well. */
function isCount(message: string): boolean {
  return /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(message);
}
