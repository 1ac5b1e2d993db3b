// `npm test`: every test file in a process of its own, three at a time.
//   npm test -- one-time-keys            files whose path has this in it
//   npm test -- test/stores/a.test.ts    this file
//   npm test -- --grep "never twice"     tests whose name matches
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { findTestFiles } from "./test/find-test-files.ts";
import { type FileResult, runFile, stopRunningFiles } from "./test/run-file.ts";
import { providePostgres, removePostgres } from "./test/run-postgres.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: "string", short: "g" },
    // How long one test may take, and a file in which none is running, in ms.
    "test-timeout": { type: "string", default: "180000" },
    "idle-timeout": { type: "string", default: "30000" },
  },
});

const options = {
  namePattern: values.grep,
  testTimeout: Number(values["test-timeout"]),
  idleTimeout: Number(values["idle-timeout"]),
};
const files = findTestFiles(process.cwd(), positionals);
const results: FileResult[] = [];
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    stopRunningFiles(signal);
    process.exit(1);
  });
}

const waiting = files.values();
await Promise.all(Array.from({ length: Math.min(3, availableParallelism() + 1) }, runWaiting));
await removePostgres();
printFailedNames();
printTotal();

async function runWaiting(): Promise<void> {
  for (const file of waiting) {
    await providePostgres(file);
    const result = await runFile(file, options);
    const { passed, failed, skipped } = result;
    if (passed + failed + skipped === 0 && options.namePattern === undefined) {
      result.failed = 1;
      result.failures.push({ name: file, error: "it ran no test" });
    }
    results.push(result);
    print(result);
  }
}

function print({ file, passed, failed, skipped, failures, notes, output, milliseconds }: FileResult): void {
  if (passed + failed + skipped === 0) return;
  const seconds = `${(milliseconds / 1000).toFixed(1)} s`;
  const counts = [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`];
  console.log(`${failed > 0 ? "FAIL" : "ok  "} ${file}  ${counts.filter(Boolean).join(", ")}  ${seconds}`);
  for (const note of notes) console.log(indent(`note: ${note}`));
  for (const { name, error } of failures) console.log(`\n${indent(`FAIL ${name}\n${indent(error)}`)}\n`);
  if (failed > 0 && output.trim() !== "") console.log(indent(`what ${file} wrote:\n${indent(lastLines(output))}\n`));
}

function printFailedNames(): void {
  const failures = results.flatMap(({ file, failures }) => failures.map(({ name }) => `${file}: ${name}`));
  if (failures.length > 0) console.log(`\nfailed:\n${indent(failures.join("\n"))}\n`);
}

/** The last line: what a script reads. */
function printTotal(): void {
  const total = (field: "passed" | "failed" | "skipped") => results.reduce((sum, result) => sum + result[field], 0);
  const [passed, failed, skipped] = [total("passed"), total("failed"), total("skipped")];
  if (passed + failed === 0) console.log("no test was run");
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "    ");
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split("\n");
  return lines.length <= 200
    ? lines.join("\n")
    : `(${lines.length - 200} lines before)\n${lines.slice(-200).join("\n")}`;
}
