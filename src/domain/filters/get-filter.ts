import { isOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { FilterStore } from "./filter-store.ts";

export interface GetFilterDeps {
  readonly snapshots: Snapshots<{ filters: FilterStore }>;
}

/**
 * A filter's definition, as JSON text.
 * @throws MatrixError `M_FORBIDDEN` for another user's, `M_NOT_FOUND` for an id that was not given out
 */
export async function getFilter(
  deps: GetFilterDeps,
  requester: Requester,
  { userId, filterId }: { readonly userId: UserId; readonly filterId: string },
): Promise<string> {
  if (requester.userId !== userId) throw new MatrixError("M_FORBIDDEN", "Filters are their owner's alone");
  const definition = isOpaqueText(filterId)
    ? await deps.snapshots.read((stores) => stores.filters.findDefinition(userId, filterId))
    : undefined;
  if (definition === undefined) throw new MatrixError("M_NOT_FOUND", "There is no filter with this id");
  return definition;
}
