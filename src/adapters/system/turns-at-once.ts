import type { Turns } from "../../domain/kernel/turns.ts";

/** Nobody waits: for tasks that something else already runs in turn, at little cost. */
export const turnsAtOnce: Turns = {
  async take(_name, task, together) {
    const [outcome] = await together([task]);
    return outcome as Awaited<ReturnType<typeof together>>[number];
  },
};
