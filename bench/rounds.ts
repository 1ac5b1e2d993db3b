import type { MachineLoad } from "./machine-load.ts";

/** Measures something once; told which attempt it is, counted from 0. */
export type Contender<Result> = (attempt: number) => Promise<Result>;

type Results<Contenders> = { [Name in keyof Contenders]: Contenders[Name] extends Contender<infer R> ? R[] : never };

/**
 * Runs the contenders one after another, round after round, every other round backwards: whatever else this machine
 * does meanwhile, and whatever one leaves behind for the next, falls on all of them alike. A round that others have
 * disturbed is repeated. Gives each contender's results, a place for each round.
 */
export async function inRounds<Contenders extends Record<string, Contender<unknown>>>(
  load: MachineLoad,
  rounds: number,
  contenders: Contenders,
): Promise<Results<Contenders>> {
  const names = Object.keys(contenders);
  const kept: Record<string, unknown>[] = [];
  for (let attempt = 0; kept.length < rounds; attempt++) {
    await load.untilFree();
    const start = performance.now();
    const results: Record<string, unknown> = {};
    const order = attempt % 2 === 0 ? names : names.toReversed();
    for (const name of order) results[name] = await contenders[name]?.(attempt);
    if (!(await load.mustRepeat(start))) kept.push(results);
  }
  return Object.fromEntries(names.map((name) => [name, kept.map((results) => results[name])])) as Results<Contenders>;
}
