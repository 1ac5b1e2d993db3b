import type { Service } from "./resolver.ts";

/**
 * The order in which services are tried: by priority, and where that is equal by lot, in which the weight counts.
 * https://www.rfc-editor.org/rfc/rfc2782
 *
 * @param roll gives a number from 0 up to, not including, 1
 */
export function orderServices(services: readonly Service[], roll: () => number): Service[] {
  const byPriority = Map.groupBy(services, ({ priority }) => priority);
  const priorities = [...byPriority.keys()].sort((left, right) => left - right);
  return priorities.flatMap((priority) => drawLots(byPriority.get(priority) ?? [], roll));
}

function drawLots(services: readonly Service[], roll: () => number): Service[] {
  // Those without weight come first, for they have a chance only where the lot falls on 0.
  const left = services.toSorted((one, other) => Number(one.weight > 0) - Number(other.weight > 0));
  const drawn: Service[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    drawn.push(...left.splice(indexOfLot(left, Math.floor(roll() * (total + 1))), 1));
  }
  return drawn;
}

/** The first whose weight, added to those before it, reaches the lot. */
function indexOfLot(services: readonly Service[], lot: number): number {
  let reached = 0;
  for (const [index, { weight }] of services.entries()) {
    reached += weight;
    if (reached >= lot) return index;
  }
  return 0;
}
