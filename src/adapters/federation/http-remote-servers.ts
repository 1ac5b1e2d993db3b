import type { RemoteAnswer, RemoteFailure } from "../../domain/federation-out/remote-answer.ts";
import type {
  RemoteClaim,
  RemoteQuery,
  RemoteServers,
  ServerSigns,
} from "../../domain/federation-out/remote-servers.ts";
import type { FederationObserver } from "../../domain/kernel/observer.ts";
import { unlessAborted } from "../../domain/kernel/unless-aborted.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Deadline } from "./deadlines.ts";
import type { FederationRequests } from "./federation-requests.ts";
import type { Outcome } from "./judge-answer.ts";
import { crowded, failureOf } from "./request-failure.ts";
import type { RequestSlots } from "./request-slots.ts";
import type { Probe, ServerHealth } from "./server-health.ts";
import type { ServerHealths, SparedServer } from "./server-healths.ts";
import type { FederationRequest } from "./write-request.ts";

/** Bytes of an answer that are read: a thousand devices with their keys and signatures fit in. */
const mostBytes = 4_194_304;

/**
 * Ms that a claim has to find out whether a server is there again: whoever waits for the keys of others shall not wait for a
 * dead server each time. A server that is alive and slower is found out by a query, once its pause is over.
 */
const probeTime = 2000;

type Kind = "claim" | "query" | "devices";

export interface RemoteServersDeps {
  readonly requests: FederationRequests;
  readonly slots: RequestSlots;
  readonly healths: ServerHealths;
  readonly observer: Pick<FederationObserver, "remoteAsked">;
}

/** What became of a wish to ask: `isSpared` when no request was made for it. */
interface Result {
  readonly answer: RemoteAnswer;
  readonly isSpared?: true;
}

/** Asks other servers for keys, and spares those that fail; one claim at a time finds out for all (rule C5). */
export class HttpRemoteServers implements RemoteServers, ServerSigns {
  readonly #requests: FederationRequests;
  readonly #slots: RequestSlots;
  readonly #healths: ServerHealths;
  readonly #observer: Pick<FederationObserver, "remoteAsked">;

  constructor({ requests, slots, healths, observer }: RemoteServersDeps) {
    this.#requests = requests;
    this.#slots = slots;
    this.#healths = healths;
    this.#observer = observer;
  }

  /** https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysclaim */
  claimKeys(server: ServerName, oneTimeKeys: RemoteClaim, timeout: number): Promise<RemoteAnswer> {
    const request = post("/_matrix/federation/v1/user/keys/claim", { one_time_keys: oneTimeKeys as JsonObject });
    return this.#ask("claim", server, request, timeout);
  }

  /** https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysquery */
  queryKeys(server: ServerName, deviceKeys: RemoteQuery, timeout: number): Promise<RemoteAnswer> {
    const request = post("/_matrix/federation/v1/user/keys/query", { device_keys: deviceKeys as JsonObject });
    return this.#ask("query", server, request, timeout);
  }

  /** https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1userdevicesuserid */
  getUserDevices(server: ServerName, userId: UserId, timeout: number): Promise<RemoteAnswer> {
    const path = `/_matrix/federation/v1/user/devices/${encodeURIComponent(userId)}`;
    return this.#ask("devices", server, { method: "GET", path, isSigned: true, mostBytes }, timeout);
  }

  noteAlive(server: ServerName): void {
    this.#healths.noteAlive(server);
  }

  /** For operators. */
  describe(): SparedServer[] {
    return this.#healths.describe();
  }

  async #ask(kind: Kind, server: ServerName, request: FederationRequest, timeout: number): Promise<RemoteAnswer> {
    const { answer, isSpared } = await this.#requests.deadlines.run(timeout, (deadline) =>
      this.#askUnlessPaused(kind, server, request, deadline).catch((error) => sparedFor(failureOf(error, deadline))),
    );
    const made = answer.failure ? "failed" : "answered";
    this.#observer.remoteAsked(kind, isSpared ? "spared" : made);
    return answer;
  }

  /** Rejects when the time is over before the turn has come. */
  async #askUnlessPaused(
    kind: Kind,
    server: ServerName,
    request: FederationRequest,
    deadline: Deadline,
  ): Promise<Result> {
    const health = this.#healths.of(server);
    const send = (within = deadline) => this.#send(server, health, request, within);
    while (health.isPaused) {
      const { probe } = health;
      const mayAsk = kind === "claim" || (probe === undefined && health.isDue);
      if (!mayAsk) return sparedFor({ kind: "spared", error: `it does not answer: ${health.lastError}` });
      if (probe === undefined) {
        const outcome = kind === "claim" ? this.#requests.deadlines.run(probeTime, send, deadline.signal) : send();
        return probing(health, deadline, outcome);
      }
      const { answer, sign } = await unlessAborted(probe.outcome, deadline.signal);
      if (answer.failure && sign !== "alive" && !isUnfair(probe, answer.failure, deadline)) {
        return sparedFor(answer.failure);
      }
    }
    return resultOf(await send());
  }

  async #send(
    server: ServerName,
    health: ServerHealth,
    request: FederationRequest,
    deadline: Deadline,
  ): Promise<Outcome> {
    const attempt = health.begin();
    const outcome = await this.#requests.ask(server, request, {
      ...{ slots: this.#slots, isKnown: health.isKnown, deadline },
    });
    health.end(attempt, outcome);
    return outcome;
  }
}

async function probing(health: ServerHealth, { milliseconds }: Deadline, outcome: Promise<Outcome>): Promise<Result> {
  health.probe = { milliseconds, outcome };
  try {
    return resultOf(await outcome);
  } finally {
    health.probe = undefined;
  }
}

/** It was given less time than another one would be. */
function isUnfair({ milliseconds }: Probe, { kind }: RemoteFailure, deadline: Deadline): boolean {
  return kind === "timeout" && milliseconds < Math.min(deadline.milliseconds, probeTime);
}

function resultOf({ answer }: Outcome): Result {
  return answer.failure === crowded ? { answer, isSpared: true } : { answer };
}

function sparedFor(failure: RemoteFailure): Result {
  return { answer: { failure }, isSpared: true };
}

function post(path: string, content: JsonObject): FederationRequest {
  return { method: "POST", path, body: { content }, isSigned: true, mostBytes };
}
