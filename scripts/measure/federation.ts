// What other servers can do to this one: hostile ones, a dead and a slow one among many, and very many to send to.
//   node scripts/measure/federation.ts [--servers=50] [--destinations=500] [--write]
//   --write puts the figures into docs/reliability.md
import { parseArgs } from "node:util";
import { type HostileFigures, runHostileCases } from "../../test/federation/hostile-cases.ts";
import {
  type ManyDestinationsFigures,
  type ManyServersFigures,
  runManyDestinations,
  runManyServers,
} from "../../test/federation/many-servers.ts";
import { writeFigures } from "./write-figures.ts";

const { values } = parseArgs({
  options: {
    servers: { type: "string", default: "50" },
    destinations: { type: "string", default: "500" },
    write: { type: "boolean", default: false },
  },
});

report("hostile-servers", describeHostile(await runHostileCases()));
report("many-servers", describeMany(await runManyServers({ servers: Number(values.servers) })));
report(
  "many-destinations",
  describeDestinations(await runManyDestinations({ destinations: Number(values.destinations) })),
);

function describeHostile(all: readonly HostileFigures[]): string {
  const rows = all.map(({ name, what, outcome, figure, honestRounds }) => [
    ...[name, what, outcome, figure],
    `${honestRounds}`,
  ]);
  return tableOf(
    ["case", "what the server does", "what becomes of it", "what it cost", "honest rounds meanwhile"],
    rows,
  );
}

function describeMany(figures: ManyServersFigures): string {
  const { servers, slowest, query, queryRatio, claim, claimRatio, claimWithDead, timeout, failures } = figures;
  const { laterQuery, laterClaim } = figures;
  const rows = [
    [`a query over the ${servers - 1} living servers`, ms(query), ratio(queryRatio)],
    [`a claim over the same`, ms(claim), ratio(claimRatio)],
    [`a claim with the dead one among them, given ${ms(timeout)}`, ms(claimWithDead), ratio(claimWithDead / timeout)],
    ["a query once the dead one has failed three times in a row", ms(laterQuery), ratio(laterQuery / slowest)],
    ["a claim then, which still tries it", ms(laterClaim), ratio(laterClaim / slowest)],
  ];
  return [
    `${servers} servers, of which one takes ${ms(slowest)} to answer, the others up to a third of that, and one takes connections and never answers.`,
    `In \`failures\`: ${failures.length === 1 ? "the dead one alone" : failures.join(", ")}; everybody else's keys were given.`,
    "",
    tableOf(["request of one client", "time", "of the slowest server's time, or of the time given"], rows),
  ].join("\n");
}

function describeDestinations(figures: ManyDestinationsFigures): string {
  const { destinations, dead, untilLast, deliveriesUntilLast, mostAtOne, untilAll } = figures;
  const rows = [
    ["from the first transaction until the last living server had its first", ms(untilLast)],
    [
      "transactions that had arrived by then, and the most of them at one server",
      `${deliveriesUntilLast}, ${mostAtOne}`,
    ],
    ["from the first transaction until everything had arrived that can", ms(untilAll)],
    ["heap for each destination", kilobytes(figures.heapPerDestination)],
    ["memory of the process for each destination", kilobytes(figures.memoryPerDestination)],
  ];
  return [
    `${destinations} servers with a queue each, ${dead} of which take requests and never answer; the others are played by one process on the same machine.`,
    "",
    tableOf(["", ""], rows),
  ].join("\n");
}

function ms(time: number): string {
  return `${Math.round(time).toLocaleString("en")} ms`;
}

function ratio(value: number): string {
  return value.toFixed(2);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}

function report(name: string, text: string): void {
  console.log(`${text}\n`);
  if (values.write) writeFigures("reliability.md", name, import.meta.filename, text);
}
