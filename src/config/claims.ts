import { type Range, wholeNumber } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

/** Rules C5 and C7. Budgets count one-time keys, refilled over `refillMinutes`; 0 is no budget. */
export interface ClaimsConfig {
  readonly budget: number;
  readonly serverBudget: number;
  readonly deviceBudget: number;
  readonly refillMinutes: number;
  readonly defaultTimeoutMs: number;
}

const budgets: Range = { from: 0, to: 1_000_000 };

export const claimsShape: Shape<ClaimsConfig> = section(
  "Protection of one-time keys against draining; 0 is no budget. Beyond a budget the fallback key is given out early, " +
    "a deliberate deviation from the specification.",
  {
    budget: wholeNumber(budgets, {
      about: "One-time keys that one user may claim from one device before it gets the fallback key.",
      initial: 0,
    }),
    serverBudget: wholeNumber(budgets, { about: "The same for one other server and one device.", initial: 0 }),
    deviceBudget: wholeNumber(budgets, { about: "The same for one device over all who claim.", initial: 0 }),
    refillMinutes: wholeNumber(
      { from: 1, to: 10_080 },
      { about: "Minutes until a budget is full again.", initial: 10 },
    ),
    defaultTimeoutMs: wholeNumber(
      { from: 100, to: 60_000 },
      { about: "Milliseconds that another server has to answer a claim which names no timeout.", initial: 10_000 },
    ),
  },
);
