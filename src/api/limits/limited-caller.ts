import type { Appservice } from "../../domain/appservices/appservices.ts";
import { networkOf } from "../../domain/authentication/network-of.ts";
import type { Requester } from "../../domain/kernel/requester.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";

interface Caller {
  /** The one whose token the request carries. */
  readonly appservice: Appservice | undefined;
  /** `undefined` where the endpoint asks nobody who they are. */
  readonly requester: Requester | undefined;
  /** An address. */
  readonly ip: string;
}

/**
 * Whose requests this one counts among; `undefined`: it is not limited. An appservice is limited as its users, one by
 * one, if its registration says so, and never as its sender or where it acts as nobody yet: when it registers a user.
 */
export function limitedCaller({ appservice, requester, ip }: Caller): string | undefined {
  if (!appservice) return requester?.userId ?? limitedAddress(ip);
  const asSender = requester === undefined || requester.userId === appservice.senderId;
  return asSender || !appservice.registration.rateLimited ? undefined : requester.userId;
}

/** Among whose requests one counts of whom nothing is known but the address. */
export function limitedAddress(ip: string): string {
  return networkOf(ip);
}

/** Among whose requests those of another server count. An address may be a server's name, too. */
export function limitedServer(origin: ServerName): string {
  return `server ${origin}`;
}
