import { type PublishServerKeysDeps, publishServerKeys } from "../../../domain/federation-out/publish-server-keys.ts";

/** Ms for which one answer serves: anybody may ask, as often as the limits allow, and each is signed. */
const usedFor = 60_000;

interface RecentText {
  /** Ms by the monotonic clock. */
  readonly madeAt: number;
  readonly text: Promise<string>;
}

/** By the server, for there can be several in one process. */
const recent = new WeakMap<PublishServerKeysDeps, RecentText>();

/** What `publishServerKeys` gave within the last minute. */
export async function recentOwnKeys(deps: PublishServerKeysDeps): Promise<string> {
  const now = deps.clock.monotonic();
  let known = recent.get(deps);
  if (known === undefined || now - known.madeAt >= usedFor) {
    known = { madeAt: now, text: publishServerKeys(deps) };
    recent.set(deps, known);
  }
  try {
    return await known.text;
  } catch (error) {
    recent.delete(deps);
    throw error;
  }
}
