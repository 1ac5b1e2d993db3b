import { type RuleName, requireRuleKind } from "../../../domain/push-rules/ruleset.ts";
import { clientPaths } from "../client-paths.ts";

/** The paths of one rule, and of a part of it. */
export function rulePaths(part = ""): string[] {
  return clientPaths(`/pushrules/global/:kind/:ruleId${part}`, "r0");
}

/** @throws MatrixError `M_INVALID_PARAM` for an unknown kind */
export function ruleName(params: Readonly<Record<string, string>>): RuleName {
  return { kind: requireRuleKind(params["kind"]), ruleId: params["ruleId"] ?? "" };
}
