import assert from "node:assert/strict";
import { test } from "node:test";
import { type GetMembersDeps, getJoinedMembers, getMembers } from "../../../src/domain/room-timelines/get-members.ts";
import type { House } from "../open-house.ts";
import { openRoomOfAlice, requester } from "./small-house.ts";

const mostMembers = 30;

/** Others' turns while `work` is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const turn = () => {
    turns++;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  await work();
  clearImmediate(next);
  return turns;
}

/** Snapshots in which rooms have each member many times. */
function crowded({ snapshots }: House): Pick<GetMembersDeps, "snapshots"> {
  const read: GetMembersDeps["snapshots"]["read"] = (work) =>
    snapshots.read((stores) => {
      const listPageAfter: typeof stores.roomState.listPageAfter = async (...asked) => {
        const page = await stores.roomState.listPageAfter(...asked);
        const crowd = page.events.flatMap((member) => Array.from({ length: mostMembers }, () => member));
        return { ...page, events: crowd };
      };
      return work({ ...stores, roomState: { ...stores.roomState, listPageAfter } });
    });
  return { snapshots: { read, ask: read } };
}

test("the members of a large room are looked through in turns with what else is to do", async (t) => {
  const { house, roomId } = await openRoomOfAlice(t);
  // A machine on which each look at a member takes long.
  let time = 0;
  const deps = { ...crowded(house), clock: { now: () => time, monotonic: () => (time += 10) } };
  const request = { roomId, at: undefined, membership: "join", notMembership: undefined } as const;
  const turnsOfJoined = await turnsDuring(async () => {
    await Array.fromAsync(await getJoinedMembers(deps, requester, roomId));
  });
  const turnsOfChosen = await turnsDuring(async () => {
    const pages = await Array.fromAsync(await getMembers(deps, requester, request));
    assert.equal(pages.flat().length, mostMembers);
  });
  for (const turns of [turnsOfJoined, turnsOfChosen]) assert.ok(turns >= mostMembers, `${turns} turns`);
});
