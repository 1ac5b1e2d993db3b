import type { RoomAlias } from "../../protocol/identifiers/room-alias.ts";
import type { JsonObject } from "../../protocol/json.ts";

/** The content of an `m.room.canonical_alias` without an alias; `undefined` when it does not have it. */
export function withoutAlias(content: JsonObject, removed: RoomAlias): JsonObject | undefined {
  const { alias, alt_aliases: others, ...rest } = content;
  const kept = Array.isArray(others) ? others.filter((other) => other !== removed) : others;
  const isNamed = alias === removed || (Array.isArray(others) && Array.isArray(kept) && kept.length < others.length);
  if (!isNamed) return undefined;
  return {
    ...rest,
    ...(alias !== undefined && alias !== removed && { alias }),
    ...(kept !== undefined && { alt_aliases: kept }),
  };
}
