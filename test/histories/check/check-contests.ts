import { type Contest, entriesOf, type History, type Violation } from "../history.ts";

/** Of several at once one wins (X2 of first cross-signing keys; a name is registered once), and it stays so. */
export function checkContests(history: History): Violation[] {
  return entriesOf(history, "contest").flatMap((contest) => {
    const wrong = whatIsWrong(contest);
    return wrong === undefined ? [] : { rule: contest.rule, what: `${contest.name}: ${wrong}` };
  });
}

function whatIsWrong({ attempts, found }: Contest): string | undefined {
  const winners = attempts.filter(({ outcome }) => outcome === "won").map(({ candidate }) => candidate);
  const unsure = attempts.filter((attempt) => attempt.unsure).map(({ candidate }) => candidate);
  if (winners.length > 1) return `${winners.join(" and ")} have won`;
  if (winners.length === 0 && unsure.length === 0) return "nobody has won";
  const possible = winners.length > 0 ? winners : unsure;
  const different = new Set(found);
  if (different.size > 1) return `${[...different].join(" and ")} are found at once`;
  const [only] = different;
  if (only !== undefined && !possible.includes(only)) return `${only} is found, not ${possible.join(" or ")}`;
  return undefined;
}
