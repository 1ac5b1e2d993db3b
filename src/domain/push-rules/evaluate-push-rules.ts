import type { CompiledRule, CompiledRules, PushOutcome } from "./compile-push-rules.ts";
import { newWork } from "./glob.ts";
import type { PushContext, PushEvent } from "./push-event.ts";

const nothing: PushOutcome = { notify: false, highlight: false };

/**
 * What a user's rules say of an event: the first that matches decides. One's own events never notify.
 * https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export function evaluatePushRules(rules: CompiledRules, event: PushEvent, context: PushContext): PushOutcome {
  if (event.sender === context.userId) return nothing;
  const work = newWork();
  const matches = ({ conditions }: CompiledRule) => conditions.every((holds) => holds(event, context, work));
  return (
    rules.override.find(matches)?.outcome ??
    rules.content.find(matches)?.outcome ??
    rules.room.get(event.roomId) ??
    rules.sender.get(event.sender) ??
    rules.underride.find(matches)?.outcome ??
    nothing
  );
}
