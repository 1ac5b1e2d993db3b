/** When something is to happen, for people; both times in ms since the epoch. */
export function soon(time: number | undefined, now: number): string {
  return time === undefined || time <= now ? "now" : `in ${ago(now, time)}`;
}

/** How long ago something was, for people; both times in ms since the epoch. */
export function ago(time: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - time) / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
