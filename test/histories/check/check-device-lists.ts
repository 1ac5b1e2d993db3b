import {
  type DeviceName,
  entriesOf,
  type History,
  type Interval,
  type Moment,
  type Sync,
  upsert,
  userOf,
  type Violation,
} from "../history.ts";

/** Somebody's device list changed, and a device must be told. */
interface Notice extends Interval {
  readonly changed: string;
  readonly why: string;
}

/** X6, S2: who shares a room with a user is told of each change of his devices, and of him when they meet. */
export function checkDeviceLists(history: History): Violation[] {
  const syncs = Map.groupBy(entriesOf(history, "sync"), ({ device }) => device);
  const meetings = listMeetings(history);
  const violations: Violation[] = [];
  const changes = listChanges(history);
  for (const [device, ofDevice] of syncs) {
    const known = meetings.get(userOf(device)) ?? new Map<string, Interval>();
    const notices = [...noticesOfMeeting(known), ...changes.filter((change) => concerns(change, device, known))];
    violations.push(...checkTold(device, ofDevice, notices));
  }
  return violations;
}

function concerns({ changed, began }: Notice, device: DeviceName, known: ReadonlyMap<string, Interval>): boolean {
  const met: Moment | undefined = known.get(changed)?.ended;
  return changed === userOf(device) || (met !== undefined && met < began);
}

function listChanges(history: History): Notice[] {
  const uploads = entriesOf(history, "upload").filter(
    ({ version, outcome }) => version !== undefined && outcome === "stored",
  );
  const contests = entriesOf(history, "contest").flatMap(({ changes, name, began, ended }) =>
    changes === undefined ? [] : { changed: changes, began, ended, why: name },
  );
  return [
    ...contests,
    ...uploads.map(({ device, version, began, ended }) => {
      return { changed: userOf(device), began, ended, why: `device keys ${version} of ${device}` };
    }),
  ];
}

function noticesOfMeeting(known: ReadonlyMap<string, Interval>): Notice[] {
  return [...known].map(([changed, { began, ended }]) => ({ changed, began, ended, why: "they have met" }));
}

/** By user, whom he shares a room with: from the first moment at which they may have met to the last. */
function listMeetings(history: History): Map<string, Map<string, Interval>> {
  const meetings = new Map<string, Map<string, Interval>>();
  for (const { users, began, ended } of entriesOf(history, "meeting")) {
    for (const user of users) {
      const known = upsert(meetings, user, () => new Map<string, Interval>());
      for (const other of users) if (other !== user && !known.has(other)) known.set(other, { began, ended });
    }
  }
  return meetings;
}

/** Answers from a notice's beginning on may tell it; the first sync that begins after its end is the last chance. */
function checkTold(device: DeviceName, syncs: readonly Sync[], notices: Notice[]): Violation[] {
  const waiting = notices.toSorted((one, other) => one.began - other.began);
  const violations: Violation[] = [];
  let open: Notice[] = [];
  let next = 0;
  for (const sync of syncs) {
    for (; (waiting[next]?.began ?? Number.POSITIVE_INFINITY) < sync.ended; next++) open.push(waiting[next] as Notice);
    const changed = new Set(sync.changed);
    open = open.filter((notice) => {
      // An initial sync shows the present; whoever asks it fetches all device lists.
      if (sync.since === undefined || changed.has(notice.changed)) return false;
      if (sync.began <= notice.ended) return true;
      const at = `the sync of ${device} at ${sync.began}-${sync.ended}`;
      const what = `${at} does not tell that ${notice.changed} changed at ${notice.began}-${notice.ended} (${notice.why})`;
      violations.push({ rule: "X6", what });
      return false;
    });
  }
  return violations;
}
