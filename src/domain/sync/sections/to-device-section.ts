import type { DeviceOwner } from "../../kernel/requester.ts";
import type { StreamPosition } from "../../kernel/stream-position.ts";
import type { Reading } from "../../kernel/unit-of-work.ts";
import type { ToDeviceStore, WaitingMessage } from "../../to-device/to-device-store.ts";

/** Most messages in one answer (rule S3): while more wait, the next sync answers at once. */
const mostMessages = 100;

/** The messages that wait behind the last one handed out, in order. */
export function toDeviceSection(
  store: Reading<ToDeviceStore>,
  owner: DeviceOwner,
  handedOut: StreamPosition,
): Promise<WaitingMessage[]> {
  return store.listAfter(owner, handedOut, mostMessages);
}
