/**
 * The names of a path: `content.m\.mentions.user_ids` has three.
 * https://spec.matrix.org/v1.19/appendices/#dot-separated-property-paths
 */
export function parsePath(path: string): readonly string[] {
  const names = [""];
  for (let at = 0; at < path.length; at++) {
    const [character = "", next = ""] = [path[at], path[at + 1]];
    const isEscape = character === "\\" && (next === "." || next === "\\");
    if (isEscape) at++;
    if (character === "." && !isEscape) names.push("");
    else names[names.length - 1] += isEscape ? next : character;
  }
  return names;
}
