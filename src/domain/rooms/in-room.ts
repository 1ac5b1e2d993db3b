import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { notingChanges } from "../kernel/noting-changes.ts";
import { StorageUnavailableError } from "../kernel/storage-unavailable-error.ts";
import type { Turns } from "../kernel/turns.ts";
import type { ReadingAll, UnitOfWork } from "../kernel/unit-of-work.ts";
import { type RoomInUnit, roomInUnit } from "./room-in-unit.ts";
import type { RoomWritingDeps, RoomWritingStores } from "./room-writer.ts";

export interface InRoomDeps<Stores> extends RoomWritingDeps {
  readonly unitOfWork: UnitOfWork<Stores>;
  readonly turns: Turns;
}

/** What somebody wants to do in a room. */
export interface RoomTask<Stores, T, Read = undefined> {
  readonly roomId: RoomId;
  /** What `act` decides about beside the room, as in the scope of a unit. */
  readonly shared: readonly UserId[];
  readonly exclusive?: readonly string[];
  /** What must be so before `act`, and is changed by nothing that is done in rooms. @throws MatrixError */
  readonly check?: (stores: ReadingAll<Stores>) => Promise<void>;
  /** Asked for all who share the unit at once, before any of them acts: what they do then it does not tell. It refuses nothing. */
  readonly read?: (stores: ReadingAll<Stores>) => Promise<Read>;
  /** For what events say it asks the writer: what others have appended in its unit stands in no store yet. */
  readonly act: (room: RoomInUnit, stores: Stores, read: Read) => Promise<T>;
}

/** What it reads is what its `act` is given. */
type AnyTask<Stores> = RoomTask<Stores, unknown, unknown>;

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * Does something in a unit that has the room exclusively. Those who wait for one room share a unit, in which one acts
 * after another, and each has an outcome of its own: as if each had been alone (docs/decisions/0017).
 *
 * @param task may be run again, as the work of a unit
 */
export async function inRoom<Stores extends RoomWritingStores, T, Read = undefined>(
  deps: InRoomDeps<Stores>,
  task: RoomTask<Stores, T, Read>,
): Promise<T> {
  // Whichever use cases share the unit: all of them are given all stores.
  const together = (tasks: readonly AnyTask<Stores>[]) => runTogether(deps, tasks);
  const outcome = await deps.turns.take(task.roomId, task as AnyTask<Stores>, together);
  if ("error" in outcome) throw outcome.error;
  return outcome.result as T;
}

/** Never rejects. */
async function runTogether<Stores extends RoomWritingStores>(
  deps: InRoomDeps<Stores>,
  tasks: readonly AnyTask<Stores>[],
): Promise<readonly Outcome[]> {
  try {
    return await runInOneUnit(deps, tasks);
  } catch (error) {
    // The database would fail again, or nobody knows whether it was done.
    if (tasks.length === 1 || error instanceof StorageUnavailableError) return tasks.map(() => ({ error }));
  }
  // Nothing of the unit is there; what one of them has failed with is not the others' concern.
  const outcomes: Outcome[] = [];
  for (const task of tasks) {
    const last = outcomes.at(-1);
    const isUnavailable = last && "error" in last && last.error instanceof StorageUnavailableError;
    outcomes.push(...(isUnavailable ? [last] : await runTogether(deps, [task])));
  }
  return outcomes;
}

function runInOneUnit<Stores extends RoomWritingStores>(
  deps: InRoomDeps<Stores>,
  tasks: readonly AnyTask<Stores>[],
): Promise<Outcome[]> {
  const [{ roomId }] = tasks as [AnyTask<Stores>];
  const exclusive = [roomId, ...tasks.flatMap((task) => task.exclusive ?? [])];
  const shared = [...new Set(tasks.flatMap((task) => task.shared))];
  return deps.unitOfWork.run({ exclusive, shared }, async (stores, commit) => {
    let changes = 0;
    const noting = notingChanges(stores, () => changes++);
    const room = roomInUnit(deps, noting, commit, { roomId, users: shared });
    // Side by side: to a database that is far away it is one way.
    const [checks, readings] = await Promise.all([
      Promise.all(tasks.map(({ check }) => outcomeOf(async () => check?.(stores)))),
      Promise.all(tasks.map(({ read }) => read?.(stores))),
      room.find(),
    ]);
    const outcomes: Outcome[] = [];
    for (const [index, { act }] of tasks.entries()) {
      const checked = checks[index];
      const before = changes;
      const outcome =
        checked && "error" in checked ? checked : await outcomeOf(() => act(room, noting, readings[index]));
      // What it has changed must go too.
      if ("error" in outcome && changes > before) throw outcome.error;
      outcomes.push(outcome);
    }
    return outcomes;
  });
}

/** @throws what is no refusal */
async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { result: await work() };
  } catch (error) {
    if (error instanceof MatrixError) return { error };
    throw error;
  }
}
