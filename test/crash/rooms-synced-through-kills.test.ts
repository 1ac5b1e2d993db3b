import { test } from "node:test";
import { join, newRoom } from "../api/room-timelines/timelines.ts";
import { type ClientOptions, ModelledClient } from "../api/sync/modelled-client.ts";
import { seed, seedNote, times } from "../races/effort.ts";
import { below, pick } from "../races/key-requests.ts";
import { KillableServer, pickRunning, startMissing } from "../races/killable-server.ts";
import { killedDeployments, postgres } from "../races/race-engines.ts";
import { phones } from "../races/seeded-server.ts";
import { assertRoomsAgree } from "../rooms/check-rooms.ts";
import { RandomMember } from "../rooms/random-member.ts";
import type { Client } from "../support/client.ts";
import { PersistentClient } from "./persistent-client.ts";
import { seededNumbers } from "./seeded-numbers.ts";

/** Timelines so short that there are gaps, which the client fills, and such that there are none. */
const optionsOfAll: readonly ClientOptions[] = [
  { limit: 3, lazy: false, stateAfter: false },
  { limit: 100, lazy: false, stateAfter: true },
];

/** Syncs without a pause until `isOver` says so, and once more. */
async function keepSyncing(model: ModelledClient, isOver: () => boolean): Promise<void> {
  while (!isOver()) await model.apply(await model.ask(1000));
  await model.apply(await model.ask());
}

/** What a dead server has left to do another one does: a name that has changed may come into a room meanwhile. */
async function checkAtRest(model: ModelledClient): Promise<void> {
  for (;;) {
    try {
      return await model.check(seedNote);
    } catch (error) {
      const answer = await model.ask();
      if (Object.keys(answer.rooms.join).length === 0) throw error;
      await model.apply(answer);
    }
  }
}

/** Counts, so that nothing waits for a time to pass. */
class Answers {
  #count = 0;
  #wanted = 0;
  #wake = () => {};

  add(): void {
    this.#count++;
    if (this.#count >= this.#wanted) this.#wake();
  }

  more(count: number): Promise<void> {
    this.#wanted = this.#count + count;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

for (const deployment of killedDeployments.filter(({ name }) => name !== "PostgreSQL, 1 server")) {
  const rounds = (deployment.engine === postgres ? 3 : 4) * times;
  test(`E4, R4, S5: who syncs through SIGKILLs is told every event once, and all that is stored agrees with the events (${deployment.name})`, {
    timeout: rounds * 60_000,
  }, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const names = ["owner PHONE", "reader PHONE", ...phones("member", 4)];
    const servers = await KillableServer.createSeveral(t, deployment, names);
    const { accounts, place } = servers[0]!.files;
    const clients = accounts.map((account) => new PersistentClient(() => pickRunning(random, servers).url, account));
    const [owner, reader, ...others] = clients as [Client, Client, ...Client[]];
    await startMissing(servers);
    const powerful = Object.fromEntries(others.map(({ userId }) => [userId, 50]));
    const powers = { power_level_content_override: { users: { [owner.userId]: 100, ...powerful } } };
    const roomIds = [await newRoom(owner, powers), await newRoom(owner, powers)];
    for (const roomId of roomIds) await join(reader, roomId);
    const models = [owner, reader].map((client, index) => new ModelledClient(client, roomIds, optionsOfAll[index]!));
    // Nobody makes those leave who sync.
    const targets = others.map(({ userId }) => userId);
    const rooms = [...roomIds];
    const members = others.map(
      (client, index) => new RandomMember(client, targets, rooms, seededNumbers(seed + index)),
    );
    const answers = new Answers();
    let isOver = false;
    const syncing = models.map((model) => keepSyncing(model, () => isOver));
    const living = members.map(async (member) => {
      for (; !isOver; answers.add()) await member.act();
    });
    for (let round = 0; round < rounds; round++) {
      await answers.more(20 + below(random, 60));
      await pick(random, servers).kill();
      // The other one goes on.
      if (servers.length > 1) await answers.more(10);
      await startMissing(servers);
    }
    await answers.more(20);
    isOver = true;
    await Promise.all(living);
    await Promise.all(syncing);
    for (const model of models) await checkAtRest(model);
    const answered = members.flatMap(({ eventIds }) => eventIds);
    await assertRoomsAgree(place, answered);
    t.diagnostic(`${rounds} rounds, ${answered.length} events answered`);
  });
}
