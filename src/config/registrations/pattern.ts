import isFreeOfNestedRepetitions from "safe-regex2";

/** What other regular expressions know, and JavaScript would quietly read as something else. */
const foreign = /\[:[a-z]+:\]|\\[AZz]/;

/** Whether a text is a pattern by itself: `a)|(?:b` would become one inside of the group that anchors it. */
export function isJavaScriptPattern(text: string): boolean {
  if (foreign.test(text)) return false;
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** https://spec.matrix.org/v1.19/appendices/#user-identifiers */
const longestId = 255;

/**
 * As of two `.*`, which take a tenth of a millisecond for the worst id. A third makes it ten, and a request may name
 * thousands of users.
 */
const mostWays = (longestId + 1) ** 2;

const mostRepetitions = 100;

/** Whether a pattern is quick with every id, also with one that somebody has made up to be slow (rule E2). */
export function isQuickPattern(pattern: string): boolean {
  const skeleton = skeletonOf(pattern);
  return (
    isFreeOfNestedRepetitions(skeleton, { limit: mostRepetitions }) &&
    !repeatsAlternatives(skeleton) &&
    waysToMatch(skeleton) <= mostWays
  );
}

/** What its time depends on: each character is an `x`, repetitions of it by a fixed count are left out. */
function skeletonOf(pattern: string): string {
  return pattern
    .replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]/gs, "x")
    .replaceAll(/(?<=\(\?)<(?=[=!])/g, "")
    .replaceAll(/(?<!\))\{\d+\}\??/g, "");
}

/** Whether there is anything like `(a|ab)*`: alternatives that begin alike take as long as nested repetitions. */
function repeatsAlternatives(skeleton: string): boolean {
  const folded = skeleton.replaceAll(/\(([^()]*)\)(?![*+{])/g, (_, inside: string) =>
    inside.includes("|") ? "|" : "x",
  );
  if (folded !== skeleton) return repeatsAlternatives(folded);
  const withoutInnermost = skeleton.replaceAll(/\([^()|]*\)/g, "x");
  return withoutInnermost === skeleton ? skeleton.includes("(") : repeatsAlternatives(withoutInnermost);
}

/** In how many ways the repetitions can share an id among them; none is within another. */
function waysToMatch(skeleton: string): number {
  let ways = 1;
  for (const [, sign, least, most] of skeleton.matchAll(/(?<!\()(?:([*+?])|\{(\d+),(\d*)\})\??/g)) {
    const span = Math.min(Number(most || longestId), longestId) - Number(least ?? 0);
    ways *= sign === "?" ? 2 : Math.max(span, 0) + 1;
  }
  return ways;
}
