import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { NamedScope } from "../kernel/unit-of-work.ts";

/** Of the units that decide what a server is sent, and when. */
export function scopeOfDestination(destination: ServerName): NamedScope {
  return { exclusive: [`feed of ${destination}`] };
}
