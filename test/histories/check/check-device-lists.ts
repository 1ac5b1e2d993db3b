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

/** X6, S2: who knows a user is told of each change of his devices, and of him when they become acquainted. */
export function checkDeviceLists(history: History): Violation[] {
  const syncs = Map.groupBy(entriesOf(history, "sync"), ({ device }) => device);
  const acquaintances = listAcquaintances(history);
  const violations: Violation[] = [];
  const changes = listChanges(history);
  for (const [device, ofDevice] of syncs) {
    const known = acquaintances.get(userOf(device)) ?? new Map<string, Interval>();
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

/** By user, whom he has exchanged messages with: from the first one that may have been the first to the first answer. */
function listAcquaintances(history: History): Map<string, Map<string, Interval>> {
  const acquaintances = new Map<string, Map<string, { began: Moment; ended: Moment }>>();
  for (const { sender, recipients, began, ended } of entriesOf(history, "send")) {
    for (const recipient of new Set(recipients.map(userOf))) {
      if (recipient === sender) continue;
      for (const [one, other] of [[sender, recipient] as const, [recipient, sender] as const]) {
        const known = upsert(acquaintances, one, () => new Map());
        const met = upsert(known, other, () => ({ began, ended }));
        met.began = Math.min(met.began, began);
      }
    }
  }
  return acquaintances;
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
