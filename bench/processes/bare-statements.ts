// A floor: better-sqlite3 alone, which runs the statements of requests in groups, one COMMIT each, as fast as it can.
import { answerCalls } from "../child/answer-calls.ts";
import { openConnections, prepareSteps, readTransaction } from "../tracing/prepared-steps.ts";
import type { Template } from "../tracing/template.ts";
import type { SqlValue } from "../tracing/traced-statement.ts";

export interface BareStatements {
  readonly path: string;
  readonly template: Template;
}

export interface BareGroups {
  /** One for each request, in the order in which they run. */
  readonly subjects: readonly (readonly SqlValue[])[];
  /** The index of the first; after the last comes the first again. */
  readonly start: number;
  /** Ends sooner after so many requests. */
  readonly atMost: number;
  /** Requests that share a COMMIT, on average. */
  readonly groupSize: number;
  readonly seconds: number;
}

export interface BareGroupsResult {
  readonly requests: number;
  readonly seconds: number;
}

let run = (_: BareGroups): BareGroupsResult => ({ requests: 0, seconds: 0 });
let close = () => {};

answerCalls(
  {
    open({ path, template }: BareStatements): void {
      const connections = openConnections(path);
      const reads = prepareSteps(connections, template.reads);
      const snapshot = readTransaction(connections);
      const opening = prepareSteps(connections, template.opening);
      const unit = prepareSteps(connections, template.unit);
      const closing = prepareSteps(connections, template.closing);

      run = ({ subjects, start, atMost, groupSize, seconds }) => {
        const began = performance.now();
        const end = began + seconds * 1000;
        const subjectAt = (index: number) => subjects[(start + index) % subjects.length] as readonly SqlValue[];
        let requests = 0;
        for (let group = 1; requests < atMost && performance.now() < end; group++) {
          // Groups of whole requests that are of this size on average.
          const next = Math.min(atMost, Math.max(requests + 1, Math.round(group * groupSize)));
          snapshot.begin();
          for (let index = requests; index < next; index++) reads(subjectAt(index));
          snapshot.end();
          opening([]);
          for (let index = requests; index < next; index++) unit(subjectAt(index));
          closing([]);
          requests = next;
        }
        const elapsed = (performance.now() - began) / 1000;
        connections.writer.pragma("wal_checkpoint(TRUNCATE)");
        return { requests, seconds: elapsed };
      };
      close = () => {
        connections.reader.close();
        connections.writer.close();
      };
    },
    run: (groups: BareGroups) => run(groups),
  },
  async () => close(),
);
