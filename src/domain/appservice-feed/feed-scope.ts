import type { NamedScope } from "../kernel/unit-of-work.ts";

/** Of the units that decide what an appservice is sent. */
export function scopeOfFeed(appserviceId: string): NamedScope {
  return { exclusive: [`feed of ${appserviceId}`] };
}
