// The server under test in a process of its own, from source, as `claviger serve` runs it.
import { answerCalls } from "../child/answer-calls.ts";
import { usageCalls } from "../child/process-usage.ts";
import type { TracedStatement } from "../tracing/traced-statement.ts";

interface Server {
  listen(): Promise<void>;
  readonly url: string;
  close(): Promise<void>;
}

export interface StartParameters {
  /** As `claviger.yaml` has it. */
  readonly config: object;
  /** Notes every SQL statement that runs. */
  readonly traced: boolean;
}

let server: Server | undefined;
let takeTrace = (): TracedStatement[] => [];

answerCalls(
  {
    async start({ config, traced }: StartParameters): Promise<string> {
      if (traced) ({ takeTrace } = (await import("../tracing/record-statements.ts")).recordStatements());
      const { createServer } = await import("../../src/app.ts");
      server = await createServer({ config });
      await server.listen();
      return server.url;
    },
    takeTrace: () => takeTrace(),
    ...usageCalls,
  },
  async () => server?.close(),
);
