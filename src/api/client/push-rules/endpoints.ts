import { getPushRulesEndpoint } from "./get-push-rules.ts";
import { getPushRulesGlobalEndpoint } from "./get-push-rules-global.ts";

export const pushRuleEndpoints = [getPushRulesEndpoint, getPushRulesGlobalEndpoint] as const;
