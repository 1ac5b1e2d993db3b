import { hash } from "node:crypto";
import type { MemberOfRoom } from "../appservices/appservice-member-store.ts";
import type { Appservice } from "../appservices/appservices.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { FeedStores } from "./section.ts";

/** Memberships in one unit, which keeps out others for some ms. */
const membersTogether = 500;

/** Changes with the users that the appservice hears of: 128 bits. */
export function digestOfNamespaces({ senderId, registration }: Appservice): string {
  const patterns = registration.namespaces.users.map(({ regex }) => regex).sort();
  return hash("sha256", JSON.stringify([senderId, patterns]), "base64url").slice(0, 22);
}

/**
 * The appservice is new, or has other namespaces than before: in which rooms are its users? No membership changes while
 * it is looked for. When it is cut short it begins from the start next time.
 */
export async function findUsersInRooms(
  deps: { readonly unitOfWork: UnitOfWork<FeedStores> },
  appservice: Appservice,
  signal: AbortSignal,
): Promise<void> {
  await deps.unitOfWork.run("everything", ({ appserviceMembers }) => appserviceMembers.forgetAll(appservice.id));
  let after: MemberOfRoom | undefined;
  do {
    if (signal.aborted) return;
    after = await deps.unitOfWork.run("everything", async ({ appserviceMembers, appserviceFeeds }) => {
      const members = await appserviceMembers.listAll(after, membersTogether);
      const ours = members.filter(({ userId }) => appservice.covers(userId));
      await appserviceMembers.addAll(appservice.id, ours);
      if (members.length === membersTogether) return members.at(-1);
      await appserviceFeeds.putNamespaces(appservice.id, digestOfNamespaces(appservice));
      return undefined;
    });
  } while (after);
}
