import { answerOf } from "./floors.ts";
import type { LoadRequest } from "./load/requests-file.ts";
import { startServer } from "./start-server.ts";
import { type Template, templateOf } from "./tracing/template.ts";
import type { SqlValue } from "./tracing/traced-statement.ts";

/**
 * The SQL statements of one real request, noted in a server on its own copy of the data; and its answer. An earlier
 * request of the kind has run before it, so that nothing is done for the first time.
 *
 * @param subject the values in the traced request's statements that differ from request to request
 */
export async function traceRequest(
  folder: string,
  earlier: LoadRequest,
  request: LoadRequest,
  subject: readonly SqlValue[],
): Promise<{ template: Template; answer: Awaited<ReturnType<typeof answerOf>> }> {
  const server = await startServer({ folder, traced: true });
  try {
    await answerOf(server.url, earlier);
    await server.takeTrace();
    const answer = await answerOf(server.url, request);
    return { template: templateOf(await server.takeTrace(), subject), answer };
  } finally {
    await server.stop();
  }
}
