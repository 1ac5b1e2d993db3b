import type { RoomVersion } from "../../../protocol/events/room-version.ts";
import type { AuthState, JudgedEvent, Refusal } from "./auth-event.ts";

/** What is judged, and against what. */
export interface Judgement {
  readonly version: RoomVersion;
  readonly event: JudgedEvent;
  readonly state: AuthState;
}

/**
 * A refusal. Rules are named here by their numbers in versions 10 and 11, which are the same; in version 12 most have
 * others. What version 12 alone refuses is not made here.
 *
 * @param rule https://spec.matrix.org/v1.19/rooms/v11/#authorisation-rules
 */
export function refuse({ version }: Pick<Judgement, "version">, rule: string, reason: string): Refusal {
  return { rule: version.id === "12" ? numberIn12(rule) : rule, reason };
}

/** Version 12 has a new rule 2, nothing that was 2.4, and a new 10.4 in what was rule 9. */
function numberIn12(rule: string): string {
  if (rule === "2.5") return "3.4";
  const [chapter = 0, item, ...deeper] = rule.split(".").map(Number);
  if (chapter === 1) return rule;
  if (item === undefined) return String(chapter + 1);
  return [chapter + 1, chapter === 9 && item >= 4 ? item + 1 : item, ...deeper].join(".");
}
