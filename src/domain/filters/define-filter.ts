import { hash } from "node:crypto";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { type JsonObject, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { parseFilter } from "./filter.ts";
import type { FilterStore } from "./filter-store.ts";

export interface DefineFilterDeps {
  readonly unitOfWork: UnitOfWork<{ filters: FilterStore; knownDevices: KnownDevices }>;
}

/** Filters of one user: clients define the same few again at every start, which adds none. */
const mostFilters = 1000;

/** Characters of one: every sync that names it parses it. */
const longestFilter = 65_536;

/**
 * Keeps a filter and gives its id: the same definition has the same id.
 * @throws MatrixError `M_FORBIDDEN` for another user's, `M_BAD_JSON` naming a wrong member, `M_TOO_LARGE`
 */
export async function defineFilter(
  deps: DefineFilterDeps,
  requester: Requester,
  { userId, definition }: { readonly userId: UserId; readonly definition: JsonObject },
): Promise<string> {
  if (requester.userId !== userId) throw new MatrixError("M_FORBIDDEN", "Filters are defined for oneself");
  requireStorable(definition, "The filter");
  parseFilter(definition);
  const text = JSON.stringify(definition);
  if (text.length > longestFilter) {
    throw new MatrixError("M_TOO_LARGE", `The filter has more than ${longestFilter} characters`);
  }
  const filterId = hash("sha256", text, "base64url").slice(0, 22);
  await deps.unitOfWork.run({ exclusive: [userId] }, async ({ filters, knownDevices }) => {
    await requireRequestingDevice({ knownDevices }, requester);
    if ((await filters.findDefinition(userId, filterId)) !== undefined) return;
    if ((await filters.countFilters(userId)) >= mostFilters) {
      throw new MatrixError("M_TOO_LARGE", `A user has at most ${mostFilters} filters`);
    }
    await filters.put(userId, filterId, text);
  });
  return filterId;
}
