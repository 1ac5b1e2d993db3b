import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { seed, seedNote } from "../races/effort.ts";
import { Chaos, type ChaosRates } from "./chaos.ts";
import { checkHistory } from "./check/check-history.ts";
import type { Deployment } from "./deployment.ts";
import { Gateway } from "./gateway.ts";
import type { Violation } from "./history.ts";
import { Recorder } from "./recorder.ts";
import { epochAccounts, runEpoch } from "./run-epoch.ts";

/** A history is checked, and forgotten, after so many operations at most. */
const mostInEpoch = 10_000;

/** Runs so many operations on a deployment of its own, and checks what was answered. */
export async function runHistories(
  t: TestContext,
  deployment: Deployment,
  { operations, rates }: { operations: number; rates: ChaosRates },
): Promise<void> {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const epochs = Math.ceil(operations / mostInEpoch);
  const chaos = new Chaos(deployment, rates, seededNumbers(seed + 1));
  const recorder = new Recorder((answers) => chaos.answered(answers));
  const gateway = new Gateway(() => deployment.urls(), seededNumbers(seed + 2), recorder);
  const surroundings = { gateway, recorder, chaos, random, longestWake: deployment.longestWake };
  const violations: Violation[] = [];
  let logs = "";
  try {
    await deployment.seed(Array.from({ length: epochs }, (_, epoch) => epochAccounts(epoch)).flat());
    await deployment.start();
    for (let epoch = 0; epoch < epochs && violations.length === 0; epoch++) {
      const history = await runEpoch(surroundings, epoch, Math.ceil(operations / epochs));
      violations.push(...checkHistory(history));
    }
  } finally {
    gateway.close();
    await chaos.end().catch(() => undefined);
    logs = await deployment.stop();
  }
  const broken = `${chaos.kills} kills, ${chaos.endedConnections} connections ended, ${recorder.lost} answers lost`;
  t.diagnostic(`${recorder.operations} operations, ${broken}`);
  assert.equal(violations.length, 0, report(violations, logs));
}

function report(violations: readonly Violation[], logs: string): string {
  const lines = violations.slice(0, 30).map(({ rule, what }) => `${rule}: ${what}`);
  const told = logs === "" ? [] : ["", "logged:", ...logs.split("\n").slice(-60)];
  return [`${seedNote}: ${violations.length} violations`, ...lines, ...told].join("\n");
}
