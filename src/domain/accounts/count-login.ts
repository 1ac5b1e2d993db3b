import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Observer } from "../kernel/observer.ts";

export interface CountLoginDeps {
  readonly observer: Pick<Observer, "loginFinished">;
}

/** Tells the observer how a log-in attempt ended. A fault of this server's own is neither success nor failure. */
export async function countLogin<Session>({ observer }: CountLoginDeps, attempt: () => Promise<Session>) {
  try {
    const session = await attempt();
    observer.loginFinished("success");
    return session;
  } catch (error) {
    if (error instanceof MatrixError) {
      observer.loginFinished(error.errcode === "M_LIMIT_EXCEEDED" ? "throttled" : "failure");
    }
    throw error;
  }
}
