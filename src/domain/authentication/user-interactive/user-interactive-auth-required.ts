import type { Errcode } from "../../../protocol/errcodes.ts";
import type { JsonObject } from "../../../protocol/json.ts";

/** One way to authenticate: the stages to pass, in order. */
export interface Flow {
  readonly stages: readonly string[];
}

/**
 * The request needs user-interactive authentication: 401 with what to do next.
 * https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 */
export class UserInteractiveAuthRequired extends Error {
  readonly session: string;
  readonly flows: readonly Flow[];
  readonly completed: readonly string[];
  /** Why the stage that was just tried failed. */
  readonly failure: { readonly errcode: Errcode; readonly error: string } | undefined;

  constructor(challenge: {
    session: string;
    flows: readonly Flow[];
    completed: readonly string[];
    failure?: { errcode: Errcode; error: string };
  }) {
    super("User-interactive authentication is required");
    this.session = challenge.session;
    this.flows = challenge.flows;
    this.completed = challenge.completed;
    this.failure = challenge.failure;
  }

  body(): JsonObject {
    return {
      ...this.failure,
      session: this.session,
      flows: this.flows.map(({ stages }) => ({ stages: [...stages] })),
      completed: [...this.completed],
      params: {},
    };
  }
}
