import { parseUserId, serverNameOf } from "../../../protocol/identifiers/user-id.ts";
import type { AuthEvent, JudgedEvent, Refusal } from "./auth-event.ts";
import { judgeInvite } from "./judge-invite.ts";
import { judgeJoin, judgeKnock } from "./judge-join.ts";
import { judgeBan, judgeLeave } from "./judge-removal.ts";
import { type Judgement, refuse } from "./judgement.ts";

/** Rule 4, in version 12 rule 5. */
export function judgeMembership(judgement: Judgement, create: AuthEvent): Refusal | undefined {
  const { event } = judgement;
  const { stateKey: target, content } = event;
  // 4.1
  if (target === undefined) return refuse(judgement, "4.1", "An m.room.member event needs a state key");
  if (!Object.hasOwn(content, "membership")) return refuse(judgement, "4.1", "content.membership is missing");
  // 4.2.1
  if (Object.hasOwn(content, "join_authorised_via_users_server") && !isSignedForAuthoriser(event)) {
    return refuse(judgement, "4.2.1", "The server of the user who authorises the join has not signed it");
  }
  switch (content["membership"]) {
    case "join": // 4.3
      return judgeJoin(judgement, target, create);
    case "invite": // 4.4
      return judgeInvite(judgement, target);
    case "leave": // 4.5
      return judgeLeave(judgement, target);
    case "ban": // 4.6
      return judgeBan(judgement, target);
    case "knock": // 4.7
      return judgeKnock(judgement, target);
    default: // 4.8
      return refuse(judgement, "4.8", "The membership is not known");
  }
}

function isSignedForAuthoriser({ content, sender, signedBy }: JudgedEvent): boolean {
  const authoriser = parseUserId(content["join_authorised_via_users_server"]);
  const servers = signedBy ?? [serverNameOf(sender)];
  return authoriser !== undefined && servers.includes(serverNameOf(authoriser));
}
