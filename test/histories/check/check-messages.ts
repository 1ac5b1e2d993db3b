import { type DeviceName, entriesOf, type History, type Send, type Sync, upsert, type Violation } from "../history.ts";
import { Chains, type Step } from "./chain.ts";

/** Most messages in one answer. */
const mostMessages = 100;

type Report = (what: string) => void;

/** One device's inbox, as its syncs show it. */
class Inbox {
  readonly device: DeviceName;
  /** Acknowledged, in order. */
  readonly received = new Set<number>();
  /** Of the last answer. */
  tentative: readonly number[] = [];
  /** Answered sends that have not been acknowledged, in the order of their answers. */
  readonly awaited: Set<Send>;

  constructor(device: DeviceName, sends: readonly Send[]) {
    this.device = device;
    this.awaited = new Set(sends);
  }

  acknowledge(sends: ReadonlyMap<number, Send>): void {
    for (const message of this.tentative) {
      this.received.add(message);
      const send = sends.get(message);
      if (send) this.awaited.delete(send);
    }
    this.tentative = [];
  }
}

/** Rule S3: nothing lost, nothing twice, everything in order. */
export function checkMessages(history: History): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (what) => violations.push({ rule: "S3", what });
  const inboxes = new Map<DeviceName, Inbox>();
  const sends = new Map<number, Send>();
  const sent = new Map<DeviceName, Send[]>();
  for (const send of entriesOf(history, "send")) {
    sends.set(send.message, send);
    for (const device of send.recipients) upsert(sent, device, () => []).push(send);
  }
  const chains = new Chains();
  for (const sync of entriesOf(history, "sync")) {
    const { device } = sync;
    const inbox = upsert(inboxes, device, () => new Inbox(device, sent.get(device) ?? []));
    receive(inbox, sync, chains.follow(sync).step, sends, report);
  }
  for (const inbox of inboxes.values()) {
    inbox.acknowledge(sends);
    checkOrder(inbox, sends, report);
  }
  checkOneOrder([...inboxes.values()], report);
  return violations;
}

function receive(inbox: Inbox, sync: Sync, step: Step, sends: ReadonlyMap<number, Send>, report: Report): void {
  const at = `the sync of ${sync.device} at ${sync.began}-${sync.ended}`;
  const messages = sync.messages.map(({ message }) => message);
  if (step === "again" || step === "at-once") {
    const before = inbox.tentative;
    const common = step === "again" ? before.length : Math.min(before.length, messages.length);
    const differs = before.slice(0, common).findIndex((message, index) => messages[index] !== message);
    if (differs >= 0) report(`${at}, asked again, has ${messages[differs]} where ${before[differs]} was`);
  } else {
    inbox.acknowledge(sends);
  }
  const seen = new Set<number>();
  for (const { sender, message } of sync.messages) {
    const send = sends.get(message);
    if (!send?.recipients.includes(sync.device) || send.sender !== sender) {
      report(`${at} has message ${message} of ${sender}, which was not sent to it`);
    } else if (send.began > sync.ended) report(`${at} has message ${message} before it was sent`);
    if (inbox.received.has(message)) report(`${at} has message ${message}, which it shows to have received`);
    if (seen.has(message)) report(`${at} has message ${message} twice`);
    seen.add(message);
  }
  inbox.tentative = messages;
  if (messages.length > mostMessages) report(`${at} has ${messages.length} messages`);
  if (messages.length >= mostMessages) return;
  for (const send of inbox.awaited) {
    if (send.ended >= sync.began) break;
    if (seen.has(send.message)) continue;
    report(`${at} lacks message ${send.message}, sent at ${send.began}-${send.ended}`);
    inbox.awaited.delete(send);
  }
}

/** What was sent after another one's answer stands behind it. */
function checkOrder({ device, received }: Inbox, sends: ReadonlyMap<number, Send>, report: Report): void {
  let first: Send | undefined;
  for (const message of [...received].reverse()) {
    const send = sends.get(message);
    if (!send) continue;
    if (first && first.ended < send.began) {
      const [one, other] = [first, send].map(({ message, began, ended }) => `${message} (sent at ${began}-${ended})`);
      report(`${device} has received ${one} after ${other}`);
      return;
    }
    if (!first || send.ended < first.ended) first = send;
  }
}

/** All devices receive what they have in common in one order: positions are of one stream. */
function checkOneOrder(inboxes: readonly Inbox[], report: Report): void {
  const after = new Map<number, Set<number>>();
  const waitsFor = new Map<number, number>();
  for (const { received } of inboxes) {
    let last: number | undefined;
    for (const message of received) {
      if (!waitsFor.has(message)) waitsFor.set(message, 0);
      if (last !== undefined && !after.get(last)?.has(message)) {
        upsert(after, last, () => new Set()).add(message);
        waitsFor.set(message, (waitsFor.get(message) ?? 0) + 1);
      }
      last = message;
    }
  }
  const free = [...waitsFor].flatMap(([message, count]) => (count === 0 ? [message] : []));
  for (let message = free.pop(); message !== undefined; message = free.pop()) {
    waitsFor.delete(message);
    for (const next of after.get(message) ?? []) {
      const count = (waitsFor.get(next) ?? 0) - 1;
      waitsFor.set(next, count);
      if (count === 0) free.push(next);
    }
  }
  if (waitsFor.size === 0) return;
  const inCircle = [...waitsFor.keys()];
  const holders = inboxes.filter(({ received }) => inCircle.filter((message) => received.has(message)).length > 1);
  const orders = holders.slice(0, 4).map(({ device, received }) => {
    const order = [...received].filter((message) => waitsFor.has(message)).slice(0, 8);
    return `${device}: ${order.join(", ")}`;
  });
  report(`devices received the same messages in different orders: ${orders.join("; ")}`);
}
