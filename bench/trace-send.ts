import { hash } from "node:crypto";
import Database from "better-sqlite3";
import type { RunOptions } from "./benchmark.ts";
import { startWithRooms } from "./engines.ts";
import { answerOf } from "./floors.ts";
import type { LoadRequest } from "./load/requests-file.ts";
import { type Device, digestOfToken } from "./population/identities.ts";
import type { BareAnswer } from "./processes/bare-http-server.ts";
import { type Source, type Step, type Template, templateOf } from "./tracing/template.ts";
import type { SqlValue, TracedStatement } from "./tracing/traced-statement.ts";

export interface TracedSend {
  readonly template: Template;
  readonly answer: BareAnswer;
  /** The values that differ from message to message, for the message of this number. */
  subjectAt(number: number): SqlValue[];
}

/** The statements of one real message that was sent on SQLite, noted in a server of its own; and its answer. */
export async function traceSend(
  options: RunOptions,
  sender: Device,
  requestOf: (transactionId: string) => LoadRequest,
): Promise<TracedSend> {
  const server = await startWithRooms(options, "SQLite", { traced: true });
  try {
    await answerOf(server.url, requestOf("earlier"));
    await server.takeTrace();
    const transactionId = "traced-transaction";
    const answer = await answerOf(server.url, requestOf(transactionId));
    const trace = untilCommit(await server.takeTrace());
    const { event_id: eventId } = JSON.parse(answer.body.toString()) as { event_id: string };
    const { room_id, position, content, envelope } = readEvent(server.place, eventId);
    const { userId, deviceId } = sender;
    const own = [digestOfToken(sender), userId, deviceId, room_id, content, envelope];
    const template = templateOf(trace, [...own, eventId, transactionId, position]);
    return {
      template: { ...template, closing: template.closing.map((step) => withConstant(step, position)) },
      answer,
      subjectAt(number) {
        const unique = `$${hash("sha256", `event ${number}`, "base64url")}`;
        return [...own, unique, `transaction-${number}`, position + 1 + number];
      },
    };
  } finally {
    await server.stop();
  }
}

/** Without what is done after the answer. */
function untilCommit(trace: readonly TracedStatement[]): TracedStatement[] {
  const end = trace.findIndex(({ connection, sql }) => connection === "writer" && sql.startsWith("COMMIT"));
  return trace.slice(0, end + 1);
}

/** A group has no subject: the counter that its end writes costs the same whatever it is. */
function withConstant(step: Step, value: SqlValue): Step {
  const constant: Source = { kind: "constant", value };
  return { ...step, parameters: step.parameters.map((source) => (source.kind === "subject" ? constant : source)) };
}

interface EventRow {
  readonly room_id: string;
  readonly position: number;
  readonly content: string;
  readonly envelope: string;
}

/** Reads beside the running server. */
function readEvent(path: string, eventId: string): EventRow {
  const database = new Database(path, { readonly: true });
  try {
    const sql = "SELECT room_id, position, content, envelope FROM events WHERE event_id = ?";
    return database.prepare(sql).get(eventId) as EventRow;
  } finally {
    database.close();
  }
}
