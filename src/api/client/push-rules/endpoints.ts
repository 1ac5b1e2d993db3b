import { deletePushRuleEndpoint } from "./delete-push-rule.ts";
import { getPushRuleEndpoint } from "./get-push-rule.ts";
import { getPushRuleActionsEndpoint } from "./get-push-rule-actions.ts";
import { getPushRulesEndpoint } from "./get-push-rules.ts";
import { getPushRulesGlobalEndpoint } from "./get-push-rules-global.ts";
import { isPushRuleEnabledEndpoint } from "./is-push-rule-enabled.ts";
import { setPushRuleEndpoint } from "./set-push-rule.ts";
import { setPushRuleActionsEndpoint } from "./set-push-rule-actions.ts";
import { setPushRuleEnabledEndpoint } from "./set-push-rule-enabled.ts";

export const pushRuleEndpoints = [
  deletePushRuleEndpoint,
  getPushRuleEndpoint,
  getPushRuleActionsEndpoint,
  getPushRulesEndpoint,
  getPushRulesGlobalEndpoint,
  isPushRuleEnabledEndpoint,
  setPushRuleEndpoint,
  setPushRuleActionsEndpoint,
  setPushRuleEnabledEndpoint,
] as const;
