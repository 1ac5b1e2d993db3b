import { type FindSyncFilterDeps, findSyncFilter } from "../../../domain/filters/find-sync-filter.ts";
import { type SyncDeps, sync } from "../../../domain/sync/sync.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { optionalParameter, wholeNumberParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { syncText } from "./sync-text.ts";

export interface SyncEndpointDeps extends Omit<SyncDeps, "snapshots"> {
  readonly snapshots: SyncDeps["snapshots"] & FindSyncFilterDeps["snapshots"];
  readonly compatibility: {
    /** Whether the names of MSC2732's draft are sent too (rule S1). */
    readonly msc2732DraftNames: boolean;
  };
}

export const syncEndpoint: Endpoint<SyncEndpointDeps> = {
  operationId: "sync",
  method: "GET",
  paths: clientPaths("/sync", "r0"),
  caller: "user",
  rateLimit: "sync",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync",

  async handle(deps, { requester, query, onHangUp }) {
    const answer = await sync(deps, requester, {
      since: optionalParameter(query, "since"),
      timeout: wholeNumberParameter(query, "timeout", 0),
      fullState: optionalParameter(query, "full_state") === "true",
      filter: await findSyncFilter(deps, requester, optionalParameter(query, "filter")),
      onHangUp,
    });
    return new RenderedJson(syncText(answer, deps.compatibility.msc2732DraftNames));
  },
};
