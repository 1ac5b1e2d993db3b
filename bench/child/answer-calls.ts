/** What a `Child` is asked over the channel. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly parameter: unknown;
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** The child's side: answers calls by name until the parent lets go, then runs `end` and exits. */
// biome-ignore lint/suspicious/noExplicitAny: what a call is given is between it and its caller.
export function answerCalls(calls: Record<string, (parameter: any) => unknown>, end?: () => Promise<void>): void {
  process.on("message", (question: Question) => void answer(question));
  process.on("disconnect", () => void (end?.() ?? Promise.resolve()).finally(() => process.exit(0)));

  async function answer({ id, name, parameter }: Question): Promise<void> {
    let message: Answer;
    try {
      const call = calls[name];
      if (!call) throw new Error(`Nobody answers ${name}`);
      message = { id, result: await call(parameter) };
    } catch (error) {
      message = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.send?.(message);
  }
}
