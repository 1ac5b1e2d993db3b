import { answersOfStrangers } from "./hostile-answers.ts";
import { type HostileCase, HostileHouse, type HostileResult } from "./hostile-house.ts";
import { requestsOfStrangers } from "./hostile-requests.ts";

export const hostileCases: readonly HostileCase[] = [...requestsOfStrangers, ...answersOfStrangers];

export interface HostileFigures extends HostileResult {
  readonly name: string;
  readonly what: string;
  /** How many times honest people asked, wrote and were answered on both servers while it went on. */
  readonly honestRounds: number;
}

/** All cases, one after another, each by a server that the attacked one does not know yet. */
export async function runHostileCases(): Promise<HostileFigures[]> {
  const house = await HostileHouse.open();
  try {
    const figures: HostileFigures[] = [];
    for (const hostile of hostileCases) {
      const { result, rounds } = await house.during(hostile.run(house));
      figures.push({ name: hostile.name, what: hostile.what, ...result, honestRounds: rounds });
    }
    return figures;
  } finally {
    await house.close();
  }
}
