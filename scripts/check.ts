// `npm run check`: everything that can be said about the code without running it. Two steps at a time, one line for each.
import { spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

const node = process.execPath;
const generators = globSync("scripts/generate/*.ts").sort();

const steps: Step[] = [
  { name: "format and lint", command: ["node_modules/.bin/biome", "ci", "--error-on-warnings", "--colors=off"] },
  { name: "types", command: ["node_modules/.bin/tsc", "--noEmit", "--pretty", "false"] },
  { name: "arrows between folders", command: [node, "scripts/check/arrows.ts"] },
  { name: "dead code", command: [node, "node_modules/knip/bin/knip.js", "--no-progress"] },
  { name: "clock, randomness, environment, network", command: [node, "scripts/check/ambient.ts"] },
  { name: "sizes", command: [node, "scripts/check/sizes.ts"] },
  { name: "names", command: [node, "scripts/check/naming.ts"] },
  ...generators.map((file) => ({ name: `generated: ${basename(file, ".ts")}`, command: [node, file, "--check"] })),
];

interface Outcome {
  readonly passed: boolean;
  readonly output: string;
}

function run([command = "", ...parameters]: readonly string[]): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(command, parameters, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const add = (chunk: string) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", add);
    child.stderr.setEncoding("utf8").on("data", add);
    child.on("error", (error) => done({ passed: false, output: error.message }));
    child.on("close", (code, signal) => {
      done({ passed: code === 0, output: signal === null ? output : `${output}\nended by ${signal}` });
    });
  });
}

async function runStep(step: Step): Promise<boolean> {
  const began = performance.now();
  const { passed, output } = await run(step.command);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const lines = output.trim().split("\n");
  // A passing step says at most one thing: how the sizes stand.
  const remark = passed && step.name === "sizes" ? `  ${lines.at(-1)}` : "";
  console.log(`${passed ? "ok  " : "FAIL"} ${step.name.padEnd(40)} ${seconds.padStart(5)} s${remark}`);
  if (!passed) console.log(lines.map((line) => `     ${line}`).join("\n"));
  return passed;
}

const waiting = steps.values();
const failed: string[] = [];
async function runWaiting(): Promise<void> {
  for (const step of waiting) if (!(await runStep(step))) failed.push(step.name);
}

if (!existsSync("package.json")) throw new Error("run it in the repository's folder");
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, runWaiting));
console.log(failed.length === 0 ? `all ${steps.length} checks passed` : `failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
