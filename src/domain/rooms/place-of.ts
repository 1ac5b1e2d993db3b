/** Names a place of a room's state, for maps. No type has the character between the two: it cannot be stored. */
export function placeOf({
  type,
  stateKey = "",
}: {
  readonly type: string;
  readonly stateKey: string | undefined;
}): string {
  return `${type}\0${stateKey}`;
}
