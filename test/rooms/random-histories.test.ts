import { test } from "node:test";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { seed, seedNote, times } from "../races/effort.ts";
import { postgres, sqlite } from "../races/race-engines.ts";
import { openSeededServers, phones } from "../races/seeded-server.ts";
import { assertRoomsAgree } from "./check-rooms.ts";
import { RandomMember } from "./random-member.ts";

const deployments = [
  { name: "SQLite", engine: sqlite, servers: 1 },
  { name: "PostgreSQL, 2 servers", engine: postgres, servers: 2 },
];

for (const deployment of deployments) {
  test(`after whatever members do at once, all that is stored of rooms follows from their events (${deployment.name})`, async (t) => {
    t.diagnostic(seedNote);
    const { clients, place } = await openSeededServers(t, deployment, phones("member", 5));
    const everybody = clients.map(({ userId }) => userId);
    const rooms: string[] = [];
    const members = clients.map((client, index) => {
      return new RandomMember(client, everybody, rooms, seededNumbers(seed + index));
    });
    for (const member of members.slice(0, 3)) await member.makeRoom();
    const live = async (member: RandomMember) => {
      for (let step = 0; step < 30 * times; step++) await member.act();
    };
    // Each of them does several things at once.
    await Promise.all([...members, ...members, ...members].map(live));
    await assertRoomsAgree(
      place,
      members.flatMap(({ eventIds }) => eventIds),
    );
    const answered = Map.groupBy(
      members.flatMap((member) => member.answered),
      (answer) => answer,
    );
    t.diagnostic(JSON.stringify(Object.fromEntries([...answered].map(([name, all]) => [name, all.length]).sort())));
  });
}
