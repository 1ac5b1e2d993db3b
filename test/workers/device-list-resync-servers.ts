import type { RemoteAnswer } from "../../src/domain/federation-out/remote-answer.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";

/** A device list that is being fetched, until the test answers. */
export interface Fetch {
  readonly server: ServerName;
  readonly userId: UserId;
  answer(answer: RemoteAnswer): void;
  fail(): void;
}

/** Other servers, which the test speaks for. */
export class ScriptedDeviceLists {
  /** All that were asked for. */
  readonly asked: Fetch[] = [];
  /** Those that have no answer yet. */
  readonly open = new Set<Fetch>();
  /** The most that were open at once. */
  most = 0;

  getUserDevices(server: ServerName, userId: UserId): Promise<RemoteAnswer> {
    const { promise, resolve } = Promise.withResolvers<RemoteAnswer>();
    const answer = (given: RemoteAnswer) => {
      this.open.delete(fetch);
      resolve(given);
    };
    const fail = () => answer({ failure: { kind: "unreachable", error: "ECONNREFUSED" } });
    const fetch: Fetch = { server, userId, answer, fail };
    this.asked.push(fetch);
    this.open.add(fetch);
    this.most = Math.max(this.most, this.open.size);
    return promise;
  }

  /** The one that has no answer yet. */
  theOne(): Fetch {
    const [fetch, ...others] = this.open;
    if (!fetch || others.length > 0) throw new Error(`${this.open.size} fetches are open, not one`);
    return fetch;
  }
}
