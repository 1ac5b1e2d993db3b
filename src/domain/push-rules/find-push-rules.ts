import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Reading, Snapshots } from "../kernel/unit-of-work.ts";
import { pushRulesType, readRules } from "./edited-rules.ts";
import type { PushRuleStore } from "./push-rule-store.ts";
import type { Ruleset } from "./ruleset.ts";

export interface FindPushRulesDeps {
  readonly snapshots: Snapshots<{ accountData: PushRuleStore }>;
}

/** A user's rules: the default ones as the user has edited them, and those of the user. */
export function findPushRules(deps: FindPushRulesDeps, userId: UserId): Promise<Ruleset> {
  return deps.snapshots.ask((stores) => readPushRules(stores.accountData, userId));
}

/** As `findPushRules`, in a unit or snapshot that is under way. */
export async function readPushRules(store: Reading<PushRuleStore>, userId: UserId): Promise<Ruleset> {
  return readRules(userId, await store.findContent(userId, pushRulesType));
}
