import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import type { ReadStream } from "node:tty";
import { InputError } from "./input-error.ts";

/**
 * Asks for a new password, twice and without showing it; where the input is no terminal, it is its first line.
 * @throws InputError when none is given, or the two differ
 */
export async function askPassword(
  input: NodeJS.ReadableStream & Partial<Pick<ReadStream, "isTTY">>,
  prompts: NodeJS.WritableStream,
): Promise<string> {
  const isTerminal = input.isTTY ?? false;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: nowhere, terminal: isTerminal, historySize: 0 });
  reader.once("SIGINT", () => leave(reader, prompts));
  const lines = reader[Symbol.asyncIterator]();
  try {
    if (!isTerminal) return await nextLine(lines);
    prompts.write("Password: ");
    const password = await nextLine(lines);
    prompts.write("\nThe same again: ");
    const repeated = await nextLine(lines);
    prompts.write("\n");
    if (password !== repeated) throw new InputError("the two passwords differ");
    return password;
  } finally {
    reader.close();
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const line = await lines.next();
  if (line.done) throw new InputError("no password was given");
  return line.value;
}

/** Ctrl-C: the terminal must echo again before the process goes. */
function leave(reader: Interface, prompts: NodeJS.WritableStream): void {
  reader.close();
  prompts.write("\n");
  process.exit(130);
}
