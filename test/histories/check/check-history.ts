import { entriesOf, type History, type Violation } from "../history.ts";
import { checkContests } from "./check-contests.ts";
import { checkDeviceLists } from "./check-device-lists.ts";
import { checkKeys } from "./check-keys.ts";
import { checkMessages } from "./check-messages.ts";
import { checkRegisters } from "./check-registers.ts";
import { checkWaking } from "./check-waking.ts";

/** What in a history no correct server could have answered. An empty list: nothing was found. */
export function checkHistory(history: History): Violation[] {
  return [
    ...entriesOf(history, "mishap").map(({ what, began, ended }) => ({
      rule: "E2",
      what: `${what} at ${began}-${ended}`,
    })),
    ...checkKeys(history),
    ...checkMessages(history),
    ...checkRegisters(history),
    ...checkDeviceLists(history),
    ...checkContests(history),
    ...checkWaking(history),
  ];
}
