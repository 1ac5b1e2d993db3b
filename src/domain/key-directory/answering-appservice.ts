import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { ProxiedQuery } from "../appservices/appservice-keys.ts";
import type { Appservice, Appservices } from "../appservices/appservices.ts";

/** What a registration can opt out of (rule Q6). */
type Answers = "answersClaims" | "answersQueries";

/**
 * The appservice that answers for the keys of a user itself (rules C6, Q5): one that shares the user with nobody. It is
 * asked also when it makes the request itself: the machines of its users must see each other, and themselves.
 */
export function answeringAppservice(
  appservices: Appservices,
  userId: UserId,
  answers: Answers,
): Appservice | undefined {
  const owner = appservices.ownerOf(userId);
  return owner?.registration.url !== undefined && owner.registration[answers] ? owner : undefined;
}

/** Users that one request is worth to an appservice: nobody shall wait behind one who asks for a whole network. */
const mostAsked = 1000;

/** A query, by the appservices that answer for its users; empty where none does. */
export function proxiedQueries(appservices: Appservices, wanted: ProxiedQuery): ReadonlyMap<Appservice, ProxiedQuery> {
  const queries = new Map<Appservice, Map<UserId, ReadonlySet<DeviceId>>>();
  if (appservices.all.length === 0) return queries;
  for (const [userId, devices] of wanted) {
    const appservice = answeringAppservice(appservices, userId, "answersQueries");
    if (!appservice) continue;
    const query = queries.get(appservice) ?? new Map<UserId, ReadonlySet<DeviceId>>();
    if (query.size < mostAsked) queries.set(appservice, query.set(userId, devices));
  }
  return queries;
}
