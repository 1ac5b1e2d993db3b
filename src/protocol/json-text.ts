/**
 * JSON text put together from parts that are JSON text already: stored key objects and contents are sent as they are
 * stored, without parsing them again.
 */
export function objectText(members: Iterable<readonly [name: string, text: string]>): string {
  let text = "";
  for (const [name, value] of members) text += `${text === "" ? "{" : ","}${JSON.stringify(name)}:${value}`;
  return text === "" ? "{}" : `${text}}`;
}

export function arrayText(items: Iterable<string>): string {
  return `[${[...items].join(",")}]`;
}
