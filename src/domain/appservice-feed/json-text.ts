/** A JSON object put together from members that are JSON text already. */
export function objectText(members: Iterable<readonly [name: string, text: string]>): string {
  return `{${Array.from(members, ([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}

export function arrayText(items: readonly string[]): string {
  return `[${items.join(",")}]`;
}
