/**
 * Runs the contenders one after another, round after round, every other round backwards: whatever else this machine
 * does meanwhile, and whatever one leaves behind for the next, falls on all of them alike.
 */
export async function inRounds(
  count: number,
  contenders: readonly ((round: number) => Promise<void>)[],
): Promise<void> {
  for (let round = 0; round < count; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const contend of order) await contend(round);
  }
}
