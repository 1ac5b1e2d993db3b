import { setTimeout as pause } from "node:timers/promises";
import { isUnanswered } from "../races/killable-server.ts";
import { type Answer, Client } from "../support/client.ts";

/** As clients do: a request whose server dies before it has answered is sent again, until it is answered. */
export class PersistentClient extends Client {
  override async request(method: string, path: string, body?: unknown): Promise<Answer> {
    for (;;) {
      try {
        return await super.request(method, path, body);
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        await pause(25);
      }
    }
  }
}
