import { MatrixError } from "../../protocol/matrix-error.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { editsText, pushRulesType } from "./edited-rules.ts";
import { readPushRules } from "./find-push-rules.ts";
import type { PushRuleStore } from "./push-rule-store.ts";
import { type PushRule, type RuleName, type Ruleset, requireRule } from "./ruleset.ts";

export interface EditPushRulesDeps {
  readonly unitOfWork: UnitOfWork<{ accountData: PushRuleStore; knownDevices: KnownDevices }>;
}

/** All edits of one user, in bytes: every sync that tells of a change sends them. */
const mostBytes = 262_144;

/**
 * Changes the requester's rules; every device of the user hears of it, the one that changed them too (rule S5).
 *
 * @param edit from the rules as they are to the rules as they shall be; throws what the caller is told
 * @throws MatrixError `M_TOO_LARGE`, or as `edit`
 */
export async function editPushRules(
  deps: EditPushRulesDeps,
  requester: Requester,
  edit: (rules: Ruleset) => Ruleset,
): Promise<void> {
  const { userId } = requester;
  await deps.unitOfWork.run({ exclusive: [userId] }, async ({ accountData, knownDevices }, commit) => {
    await requireRequestingDevice({ knownDevices }, requester);
    const content = editsText(userId, edit(await readPushRules(accountData, userId)));
    if (Buffer.byteLength(content) > mostBytes) {
      throw new MatrixError("M_TOO_LARGE", `A user has at most ${mostBytes} bytes of push rules`);
    }
    await accountData.put(userId, { type: pushRulesType, content });
    commit.wake(userId);
  });
}

/**
 * Changes members of one rule, in its place.
 * @throws MatrixError `M_NOT_FOUND`
 */
export function changeRule(rules: Ruleset, name: RuleName, changes: Partial<PushRule>): Ruleset {
  const found = requireRule(rules, name);
  const changed = rules[name.kind].map((rule) => (rule === found ? { ...rule, ...changes } : rule));
  return { ...rules, [name.kind]: changed };
}
