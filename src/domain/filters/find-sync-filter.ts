import { isOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import { isJsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { everything, parseFilter, type SyncFilter } from "./filter.ts";
import type { FilterStore } from "./filter-store.ts";

export interface FindSyncFilterDeps {
  readonly snapshots: Snapshots<{ filters: FilterStore }>;
}

/**
 * The filter that a sync names: absent, JSON text, or the id of one that the requester has defined.
 * @throws MatrixError `M_INVALID_PARAM` for an unknown id or text that is no JSON object, `M_BAD_JSON` for a wrong filter
 */
export async function findSyncFilter(
  deps: FindSyncFilterDeps,
  requester: Requester,
  parameter: string | undefined,
): Promise<SyncFilter> {
  if (parameter === undefined) return everything;
  const text = parameter.startsWith("{") ? parameter : await findDefinition(deps, requester, parameter);
  if (text === undefined) throw new MatrixError("M_INVALID_PARAM", "There is no filter with this id");
  return parseFilter(parseObject(text));
}

async function findDefinition(
  deps: FindSyncFilterDeps,
  { userId }: Requester,
  filterId: string,
): Promise<string | undefined> {
  if (!isOpaqueText(filterId)) return undefined;
  return deps.snapshots.read((stores) => stores.filters.findDefinition(userId, filterId));
}

function parseObject(text: string) {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Falls through to the refusal, as any other text does that is no object.
  }
  throw new MatrixError("M_INVALID_PARAM", "filter is neither the id of a filter nor a JSON object");
}
