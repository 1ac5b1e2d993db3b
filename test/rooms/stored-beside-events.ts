import type { ReplayedRoom } from "./replayed-room.ts";
import type { EventRow, RoomRows } from "./room-rows.ts";

/** Each event points at what was in force before it, and after it. */
export function problemsOfSnapshots(rows: RoomRows, { room: { room_id }, states }: ReplayedRoom): string[] {
  const resolve = resolver(rows, room_id);
  const problems: string[] = [];
  for (const { event_id, state_before, state_after } of rows.events) {
    const expected = states.get(event_id);
    if (!expected) continue;
    for (const [which, id, state] of [
      ["before", state_before, expected.before],
      ["after", state_after, expected.after],
    ] as const) {
      const stored = id === null ? undefined : resolve(id);
      const isRight = stored?.size === state.size && [...state].every(([place, id]) => stored.get(place) === id);
      if (!isRight) problems.push(`${room_id} ${event_id}: the state ${which} it (${id}) is another one`);
    }
  }
  return problems;
}

/** Gives the state of a snapshot, by place; 0 stands for that before the first event. */
function resolver({ snapshots, deltas }: RoomRows, roomId: string): (id: number) => ReadonlyMap<string, string> {
  const own = snapshots.filter(({ room_id }) => room_id === roomId);
  const parents = new Map(own.map(({ snapshot_id, parent_id }) => [snapshot_id, parent_id ?? 0]));
  const ownDeltas = deltas.filter(({ room_id }) => room_id === roomId);
  const changes = Map.groupBy(ownDeltas, ({ snapshot_id }) => snapshot_id);
  const resolved = new Map<number, ReadonlyMap<string, string>>([[0, new Map()]]);
  const resolve = (id: number): ReadonlyMap<string, string> => {
    const before = resolved.get(id);
    if (before) return before;
    const state = new Map(resolve(parents.get(id) ?? 0));
    for (const { type, state_key, event_id } of changes.get(id) ?? []) {
      if (event_id === null) state.delete(`${type}\0${state_key}`);
      else state.set(`${type}\0${state_key}`, event_id);
    }
    resolved.set(id, state);
    return state;
  };
  return resolve;
}

/** The first redaction of an event is the one that it names. */
export function problemsOfRedactions(timeline: readonly EventRow[]): string[] {
  const expected = new Map<string, string>();
  for (const { event_id, type, content, envelope } of timeline) {
    if (type !== "m.room.redaction") continue;
    const target = JSON.parse(envelope).redacts ?? JSON.parse(content).redacts;
    // Before version 11 a redaction that is redacted no longer says what it has redacted.
    if (target !== undefined && !expected.has(target)) expected.set(target, event_id);
  }
  const redacted = new Set(timeline.filter(({ redacted_by }) => redacted_by !== null).map(({ event_id }) => event_id));
  return timeline.flatMap(({ event_id, redacted_by }) => {
    const redaction = expected.get(event_id) ?? null;
    if (redacted_by === redaction || (redacted_by !== null && redacted.has(redacted_by))) return [];
    return [`${event_id} is redacted by ${redacted_by}, and should be by ${redaction}`];
  });
}

/** A transaction that was sent is an event of its sender, and no event has been sent by two. */
export function problemsOfSent({ events, sent }: RoomRows): string[] {
  const byId = new Map(events.map((event) => [event.event_id, event]));
  const problems: string[] = [];
  const seen = new Set<unknown>();
  for (const { event_id, user_id, room_id, event_type } of sent) {
    const event = byId.get(String(event_id));
    const [type] = String(event_type).split(" ");
    const isRight = event?.sender === user_id && event?.room_id === room_id && event?.type === type;
    if (!isRight || seen.has(event_id)) problems.push(`${event_id} is not what one transaction of ${user_id} has sent`);
    seen.add(event_id);
  }
  return problems;
}

/** Only who is in a room types there. */
export function problemsOfTyping({ typing, members }: RoomRows): string[] {
  const there = members.filter(({ membership }) => membership === "join");
  const places = new Set(there.map(({ room_id, user_id }) => `${room_id} ${user_id}`));
  return typing.flatMap(({ room_id, user_id }) =>
    places.has(`${room_id} ${user_id}`) ? [] : [`${user_id} types in ${room_id}, and is not there`],
  );
}
