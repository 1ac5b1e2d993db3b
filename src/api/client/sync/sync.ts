import { type FindSyncFilterDeps, findSyncFilter } from "../../../domain/filters/find-sync-filter.ts";
import type { Clock } from "../../../domain/kernel/clock.ts";
import { givingWay } from "../../../domain/kernel/give-way.ts";
import { type SyncAnswer, type SyncDeps, sync } from "../../../domain/sync/sync.ts";
import { type Endpoint, RenderedJson, StreamedJson } from "../../endpoint.ts";
import { optionalParameter, type Query, wholeNumberParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import type { Piece } from "./event-pieces.ts";
import { syncPieces } from "./sync-text.ts";

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
    const stateName = stateNameOf(query);
    const filter = await findSyncFilter(deps, requester, optionalParameter(query, "filter"));
    const answer = await sync(deps, requester, {
      since: optionalParameter(query, "since"),
      timeout: wholeNumberParameter(query, "timeout", 0),
      fullState: optionalParameter(query, "full_state") === "true",
      stateAtEnd: stateName !== "state",
      filter,
      onHangUp,
    });
    const withDraftNames = deps.compatibility.msc2732DraftNames;
    const fields = filter.eventFields;
    const pieces = syncPieces(answer, { stateName, withDraftNames, fields, now: deps.clock.now() });
    // Where only some fields are told every event is parsed.
    return fields || isLong(answer)
      ? new StreamedJson(inTurns(pieces, deps.clock))
      : new RenderedJson([...pieces].join(""));
  },
};

/** What a client asks the state of rooms as. Released clients ask by the name of the draft, MSC4222. */
function stateNameOf(query: Query): string {
  if (optionalParameter(query, "use_state_after") === "true") return "state_after";
  const draft = optionalParameter(query, "org.matrix.msc4222.use_state_after") === "true";
  return draft ? "org.matrix.msc4222.state_after" : "state";
}

/** Events that an answer has at most when it is put together at once: some ms of work. */
const mostEventsAtOnce = 500;

function isLong({ rooms: { join, invite, knock, leave } }: SyncAnswer): boolean {
  let count = 0;
  for (const { timeline, state, furtherState, accountData } of [...join, ...leave]) {
    if (furtherState) return true;
    count += timeline.events.length + state.length + accountData.length;
  }
  for (const { ephemeral } of join) count += ephemeral.receipts.length;
  for (const { state } of [...invite, ...knock]) count += state.length;
  return count > mostEventsAtOnce;
}

async function* inTurns(pieces: Iterable<Piece>, clock: Clock): AsyncIterable<string> {
  const giveWay = givingWay(clock);
  for (const piece of pieces) {
    for await (const text of typeof piece === "string" ? [piece] : piece) {
      await giveWay();
      yield text;
    }
  }
}
