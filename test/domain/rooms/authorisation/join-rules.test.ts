import type { JudgedEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import type { EventId } from "../../../../src/protocol/identifiers/event-id.ts";
import type { ServerName } from "../../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../../src/protocol/json.ts";
import {
  admin,
  banned,
  creator,
  deputy,
  foreigner,
  gone,
  invited,
  type JudgedRoom,
  knocking,
  member,
  moderator,
  stranger,
} from "./judged-room.ts";
import { numbered, testRules } from "./rule-case.ts";

type Attempt = (room: JudgedRoom) => JudgedEvent;

/** A room right after its creation, and somebody's join. */
const second =
  (user: UserId, more: (room: JudgedRoom) => Partial<JudgedEvent> = () => ({})): Attempt =>
  (room) => {
    room.setMember(user, "leave");
    room.remove("m.room.join_rules");
    room.remove("m.room.power_levels");
    return { ...room.membership(user, "join"), prevEvents: [room.create.eventId], ...more(room) };
  };

/** Somebody's join (or what `more` makes of it) under a join rule. */
const join =
  (rule: string, user: UserId, more: JsonObject = {}): Attempt =>
  (room) => {
    room.setJoinRule(rule);
    return room.membership(user, "join", user, more);
  };

const knock =
  (rule: string, user: UserId, target: UserId = user): Attempt =>
  (room) => {
    room.setJoinRule(rule);
    return room.membership(user, "knock", target);
  };

const by = (authoriser: JsonObject[string]) => ({ join_authorised_via_users_server: authoriser });

testRules([
  {
    rule: numbered("4.1", "5.1"),
    says: "a membership has a state key and says what it is",
    allowed: [(room) => room.membership(stranger, "join")],
    refused: [
      (room) => room.event("m.room.member", stranger, { membership: "join" }),
      (room) => room.stateEvent("m.room.member", stranger, stranger, {}),
    ],
  },
  {
    rule: numbered("4.2.1", "5.2.1"),
    says: "the server of who authorises a join has signed it",
    allowed: [
      join("restricted", stranger, by(member)),
      (room) => {
        room.setMember(foreigner, "join");
        const signedBy = ["here", "there"] as ServerName[];
        return { ...join("restricted", stranger, by(foreigner))(room), signedBy };
      },
    ],
    refused: [
      join("restricted", foreigner, by(member)),
      join("public", stranger, by("@nobody:there")),
      join("public", stranger, by("nobody")),
      join("public", stranger, by(null)),
      (room) => ({ ...join("restricted", stranger, by(member))(room), signedBy: ["there" as ServerName] }),
      // Whatever the membership is.
      (room) => room.membership(member, "leave", member, by(foreigner)),
    ],
  },
  {
    rule: numbered("4.3.1", "5.3.1"),
    says: "the creator joins first",
    allowed: [second(creator)],
    refused: [
      second(member),
      second(creator, () => ({ prevEvents: ["$other" as EventId] })),
      second(creator, (room) => ({ prevEvents: [room.create.eventId, "$other" as EventId] })),
      second(creator, () => ({ prevEvents: [] })),
    ],
    refusedBy: numbered("4.3.7", "5.3.7"),
  },
  {
    rule: { 10: "4.3.1" },
    says: "the creator is who content.creator says",
    allowed: [
      (room) => {
        room.put("m.room.create", "", creator, { creator: member });
        return second(member)(room);
      },
    ],
    refused: [
      (room) => {
        room.put("m.room.create", "", creator, { creator: member });
        return second(creator)(room);
      },
    ],
    refusedBy: { 10: "4.3.7" },
  },
  {
    rule: { 11: "4.3.1", 12: "5.3.1" },
    says: "the creator is the sender of m.room.create",
    allowed: [],
    refused: [
      (room) => {
        room.put("m.room.create", "", creator, { creator: member, additional_creators: [member] });
        return second(member)(room);
      },
    ],
    refusedBy: { 11: "4.3.7", 12: "5.3.7" },
  },
  {
    rule: numbered("4.3.2", "5.3.2"),
    says: "everybody joins for themselves",
    allowed: [join("public", stranger)],
    refused: [
      (room) => room.membership(admin, "join", stranger),
      (room) => room.membership(creator, "join", invited),
      (room) => room.membership(stranger, "join", "nobody"),
    ],
  },
  {
    rule: numbered("4.3.3", "5.3.3"),
    says: "who is banned does not join",
    allowed: [join("public", gone)],
    refused: [
      ...["public", "invite", "knock", "restricted", "knock_restricted", "private"].map((rule) => join(rule, banned)),
      join("restricted", banned, by(moderator)),
    ],
  },
  {
    rule: numbered("4.3.4", "5.3.4"),
    says: "under invite and knock only who is invited or joined joins",
    allowed: ["invite", "knock"].flatMap((rule) => [join(rule, invited), join(rule, member)]),
    refused: ["invite", "knock"].flatMap((rule) => [
      ...[stranger, gone, knocking].map((user) => join(rule, user)),
      join(rule, stranger, by(moderator)),
    ]),
    refusedBy: numbered("4.3.7", "5.3.7"),
  },
  {
    rule: numbered("4.3.5.1", "5.3.5.1"),
    says: "under restricted rules who is invited or joined joins without more",
    allowed: ["restricted", "knock_restricted"].flatMap((rule) => [join(rule, invited), join(rule, member)]),
    refused: ["restricted", "knock_restricted"].flatMap((rule) => [join(rule, stranger), join(rule, knocking)]),
    refusedBy: numbered("4.3.5.2", "5.3.5.2"),
  },
  {
    rule: numbered("4.3.5.2", "5.3.5.2"),
    says: "under restricted rules a member who may invite authorises the join",
    allowed: ["restricted", "knock_restricted"].flatMap((rule) => [
      join(rule, stranger, by(member)),
      join(rule, gone, by(deputy)),
      (room) => {
        room.setLevels({ invite: 50 });
        return join(rule, stranger, by(moderator))(room);
      },
    ]),
    refused: ["restricted", "knock_restricted"].flatMap((rule): Attempt[] => [
      join(rule, stranger),
      ...[gone, invited, banned, knocking, stranger].map((user) => join(rule, stranger, by(user))),
      (room) => {
        room.setLevels({ invite: 50 });
        return join(rule, stranger, by(deputy))(room);
      },
      (room) => {
        room.setMember(admin, "leave");
        return join(rule, stranger, by(admin))(room);
      },
    ]),
  },
  {
    rule: numbered("4.3.5.3", "5.3.5.3"),
    says: "a join that is authorised is allowed",
    allowed: [join("restricted", stranger, by(admin)), join("knock_restricted", knocking, by(admin))],
    refused: [],
  },
  {
    rule: numbered("4.3.6", "5.3.6"),
    says: "under public everybody joins",
    allowed: [stranger, gone, invited, knocking, member, foreigner].map((user) => join("public", user)),
    refused: [join("private", stranger)],
    refusedBy: numbered("4.3.7", "5.3.7"),
  },
  {
    rule: numbered("4.3.7", "5.3.7"),
    says: "under other rules nobody joins, and without a rule who is invited",
    allowed: [
      (room) => {
        room.remove("m.room.join_rules");
        return room.membership(invited, "join");
      },
    ],
    refused: [
      join("private", invited),
      join("org.example.rule", member),
      (room) => {
        room.put("m.room.join_rules", "", creator, {});
        return room.membership(invited, "join");
      },
      (room) => {
        room.remove("m.room.join_rules");
        return room.membership(stranger, "join");
      },
    ],
  },
  {
    rule: numbered("4.7.1", "5.7.1"),
    says: "a knock needs a rule that takes knocks",
    allowed: [knock("knock", stranger), knock("knock_restricted", stranger)],
    refused: [
      ...["public", "invite", "restricted", "private"].map((rule) => knock(rule, stranger)),
      (room) => {
        room.remove("m.room.join_rules");
        return room.membership(stranger, "knock");
      },
    ],
  },
  {
    rule: numbered("4.7.2", "5.7.2"),
    says: "everybody knocks for themselves",
    allowed: [knock("knock", stranger)],
    refused: [knock("knock", admin, stranger), knock("knock_restricted", stranger, gone)],
  },
  {
    rule: numbered("4.7.3", "5.7.3"),
    says: "who is outside may knock",
    allowed: [stranger, gone, knocking].map((user) => knock("knock", user)),
    refused: [banned, invited, member].map((user) => knock("knock", user)),
    refusedBy: numbered("4.7.4", "5.7.4"),
  },
  {
    rule: numbered("4.7.4", "5.7.4"),
    says: "who is inside, invited or banned does not knock",
    allowed: [knock("knock_restricted", gone)],
    refused: [banned, invited, member, creator].map((user) => knock("knock_restricted", user)),
  },
  {
    rule: numbered("4.8", "5.8"),
    says: "a membership is one of five",
    allowed: [(room) => room.membership(member, "leave")],
    refused: ["JOIN", "", "constructor", null, 1, ["join"]].map((membership) => (room) => {
      return room.stateEvent("m.room.member", member, member, { membership });
    }),
  },
]);
