import { parseUserId } from "../../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../protocol/json.ts";
import type { AuthEvent, Refusal } from "./auth-event.ts";
import { privilegedCreators } from "./creators.ts";
import { type Judgement, refuse } from "./judgement.ts";
import { defaultLevels, isLevel, type LevelName, levelIn, powerLevelOf } from "./power-levels.ts";

const levelNames = Object.keys(defaultLevels) as LevelName[];

/** Objects of levels, by event type and by kind of notification. */
const levelMaps = ["events", "notifications"];

/** Rule 9, in version 12 rule 10. */
export function judgePowerLevels(judgement: Judgement, create: AuthEvent): Refusal | undefined {
  const { version, event, state } = judgement;
  const refusal = judgeShape(judgement, create);
  if (refusal) return refusal;
  const previous = state.find("m.room.power_levels", "");
  // 9.4 (10.5 in version 12)
  if (previous === undefined) return undefined;
  const power = powerLevelOf(version, state, event.sender);
  return judgeLevels(judgement, previous.content, power) ?? judgeUsers(judgement, previous.content, power);
}

/** 9.1 to 9.3, and 10.4 of version 12. */
function judgeShape(judgement: Judgement, create: AuthEvent): Refusal | undefined {
  const { version, event } = judgement;
  const { content } = event;
  const isPresent = (name: string) => Object.hasOwn(content, name);
  // 9.1
  const wrongLevel = levelNames.find((name) => isPresent(name) && !isLevel(content[name]));
  if (wrongLevel !== undefined) return refuse(judgement, "9.1", `${wrongLevel} must be an integer`);
  // 9.2
  const wrongMap = levelMaps.find((name) => isPresent(name) && !isMapOfLevels(content[name]));
  if (wrongMap !== undefined) return refuse(judgement, "9.2", `${wrongMap} must be an object with integers`);
  // 9.3: other servers take events without `users`, too.
  if (!isPresent("users")) return undefined;
  const users = content["users"];
  if (!isMapOfLevels(users) || !Object.keys(users).every((userId) => parseUserId(userId) !== undefined)) {
    return refuse(judgement, "9.3", "users must be an object with integers by user ID");
  }
  const creators = new Set(privilegedCreators(version, create));
  if (Object.keys(users).some((userId) => creators.has(userId))) {
    return { rule: "10.4", reason: "users must not name a creator of the room, who is above all power levels" };
  }
  return undefined;
}

/** 9.5 to 9.7 (10.6 to 10.8 in version 12). */
function judgeLevels(judgement: Judgement, previous: JsonObject, power: number): Refusal | undefined {
  const { content } = judgement.event;
  // 9.5: what is absent counts as its default.
  for (const name of levelNames) {
    const before = levelIn(previous, name);
    const after = levelIn(content, name);
    if (before === after) continue;
    const reason = `Your power level is too low to change ${name}`;
    if ((before ?? defaultLevels[name]) > power) return refuse(judgement, "9.5.1", reason);
    if ((after ?? defaultLevels[name]) > power) return refuse(judgement, "9.5.2", reason);
  }
  const changes = levelMaps.flatMap((name) => changesBetween(previous[name], content[name]));
  // 9.6.1
  const tooHigh = changes.find(({ before }) => before !== undefined && before > power);
  if (tooHigh) return refuse(judgement, "9.6.1", "Your power level is too low to change a level above it");
  // 9.7.1
  const tooMuch = changes.find(({ after }) => after !== undefined && after > power);
  if (tooMuch) return refuse(judgement, "9.7.1", "Your power level is too low to set a level above it");
  return undefined;
}

/** 9.8 and 9.9 (10.9 and 10.10 in version 12). */
function judgeUsers(judgement: Judgement, previous: JsonObject, power: number): Refusal | undefined {
  const { content, sender } = judgement.event;
  const changes = changesBetween(previous["users"], content["users"]);
  // 9.8.1
  const peer = changes.find(({ name, before }) => name !== sender && before !== undefined && before >= power);
  if (peer) return refuse(judgement, "9.8.1", "Your power level is too low to change that of a user who has as much");
  // 9.9.1
  const tooMuch = changes.find(({ after }) => after !== undefined && after > power);
  if (tooMuch) return refuse(judgement, "9.9.1", "Your power level is too low to give a user more than you have");
  return undefined;
}

/** A level that is added, changed or removed. */
interface LevelChange {
  readonly name: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

function changesBetween(before: JsonValue | undefined, after: JsonValue | undefined): LevelChange[] {
  const names = new Set([before, after].flatMap((levels) => (isJsonObject(levels) ? Object.keys(levels) : [])));
  const all = [...names].map((name) => ({ name, before: levelIn(before, name), after: levelIn(after, name) }));
  return all.filter((change) => change.before !== change.after);
}

function isMapOfLevels(value: JsonValue | undefined): value is { [name: string]: number } {
  return isJsonObject(value) && Object.values(value).every(isLevel);
}
