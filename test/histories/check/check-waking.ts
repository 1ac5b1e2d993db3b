import {
  accountDataRegister,
  type DeviceName,
  entriesOf,
  type History,
  type Interval,
  type Sync,
  userOf,
  type Violation,
} from "../history.ts";

interface News extends Interval {
  readonly what: string;
  readonly endedAt: number;
  /** Whether a sync has it, which the one before had not. */
  readonly isIn: (sync: Sync, before: Sync | undefined) => boolean;
}

/**
 * S5, C8: a sync that is waiting is woken when there is something for it. One that waited to the end of its time, and then
 * has what had been there for half of it, was not.
 */
export function checkWaking(history: History): Violation[] {
  const last = new Map<DeviceName, Sync>();
  const violations: Violation[] = [];
  let news: News[] | undefined;
  for (const sync of entriesOf(history, "sync")) {
    const { device, timedOut, began, ended, endedAt, timeout } = sync;
    const before = last.get(device);
    last.set(device, sync);
    if (!timedOut) continue;
    news ??= listNews(history);
    const slept = news.find(
      (one) => one.began > (before?.ended ?? 0) && one.endedAt < endedAt - timeout / 2 && one.isIn(sync, before),
    );
    if (!slept) continue;
    const what = `the sync of ${device} at ${began}-${ended} slept through ${slept.what} at ${slept.began}-${slept.ended}`;
    violations.push({ rule: "S5", what });
  }
  return violations;
}

function listNews(history: History): News[] {
  const oneTimeKeys = new Set(
    entriesOf(history, "upload").flatMap((upload) => upload.oneTimeKeys.map(({ key }) => key)),
  );
  return [
    ...entriesOf(history, "send").map((send) => ({
      ...send,
      what: `message ${send.message}`,
      isIn: ({ messages }: Sync) => messages.some(({ message }) => message === send.message),
    })),
    ...entriesOf(history, "write").map((write) => ({
      ...write,
      what: `"${write.value}" in ${write.register}`,
      isIn: ({ device, accountData }: Sync) =>
        accountData.some(
          ([type, value]) => value === write.value && accountDataRegister(userOf(device), type) === write.register,
        ),
    })),
    ...entriesOf(history, "upload")
      .filter(({ version }) => version !== undefined)
      .map((upload) => ({
        ...upload,
        what: `device keys ${upload.version} of ${upload.device}`,
        isIn: ({ changed }: Sync) => changed.includes(userOf(upload.device)),
      })),
    ...entriesOf(history, "claim").map((claim) => ({
      ...claim,
      what: "a claim of its keys",
      // An upload may have made up for it.
      isIn: ({ device, count }: Sync, before: Sync | undefined) =>
        count !== before?.count && oneTimeKeys.has(claim.given?.[claim.targets.indexOf(device)]?.key ?? ""),
    })),
  ];
}
