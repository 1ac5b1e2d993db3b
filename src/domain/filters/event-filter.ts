import type { JsonObject } from "../../protocol/json.ts";
import { idsMember } from "./filter-members.ts";
import { matchesPattern, parseTypes, type TypePattern } from "./type-pattern.ts";

/** What a filter says of one kind of events: https://spec.matrix.org/v1.19/client-server-api/#filtering */
export interface EventFilter {
  /** `undefined`: of all types. */
  readonly types: readonly TypePattern[] | undefined;
  readonly notTypes: readonly TypePattern[];
  /** `undefined`: of all senders. */
  readonly senders: ReadonlySet<string> | undefined;
  readonly notSenders: ReadonlySet<string>;
}

/**
 * @param member where the definition stands, for messages
 * @throws MatrixError `M_BAD_JSON` naming the wrong member, `M_TOO_LARGE`
 */
export function parseEventFilter(definition: JsonObject, member: string): EventFilter {
  return {
    types: parseTypes(definition["types"], `${member}.types`),
    notTypes: parseTypes(definition["not_types"], `${member}.not_types`) ?? [],
    senders: idsMember(definition["senders"], `${member}.senders`, "@"),
    notSenders: idsMember(definition["not_senders"], `${member}.not_senders`, "@") ?? new Set(),
  };
}

/** For what has no sender: account data, ephemeral events. Where only some senders are wanted they are not. */
export function passesWithoutSender(filter: EventFilter, type: string): boolean {
  return filter.senders === undefined && passesType(filter, type);
}

export function passesType(filter: EventFilter, type: string): boolean {
  const matches = (pattern: TypePattern) => matchesPattern(pattern, type);
  return (filter.types === undefined || filter.types.some(matches)) && !filter.notTypes.some(matches);
}
