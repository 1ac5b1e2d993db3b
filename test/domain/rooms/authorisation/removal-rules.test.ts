import type { JudgedEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import type { UserId } from "../../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../../src/protocol/json.ts";
import {
  admin,
  banned,
  creator,
  deputy,
  gone,
  invited,
  type JudgedRoom,
  knocking,
  member,
  moderator,
  peer,
  stranger,
} from "./judged-room.ts";
import { numbered, testRules } from "./rule-case.ts";

type Attempt = (room: JudgedRoom) => JudgedEvent;

const remove =
  (sender: UserId, membership: "leave" | "ban", target: string, levels: JsonObject = {}): Attempt =>
  (room) => {
    room.setLevels(levels);
    return room.membership(sender, membership, target);
  };
const kick = (sender: UserId, target: string, levels?: JsonObject) => remove(sender, "leave", target, levels);
const ban = (sender: UserId, target: string, levels?: JsonObject) => remove(sender, "ban", target, levels);

const withoutLevels =
  (sender: UserId, membership: string, target: UserId): Attempt =>
  (room) => {
    room.remove("m.room.power_levels");
    return room.membership(sender, membership, target);
  };

testRules([
  {
    rule: numbered("4.5.1", "5.5.1"),
    says: "who is in the room, invited or knocking leaves",
    allowed: [member, invited, knocking, creator].map((user) => kick(user, user)),
    refused: [stranger, gone, banned].map((user) => kick(user, user)),
  },
  {
    rule: numbered("4.5.2", "5.5.2"),
    says: "who removes somebody is in the room",
    allowed: [kick(moderator, member)],
    refused: [
      ...[stranger, gone, invited, knocking, banned].map((sender) => kick(sender, member)),
      (room) => {
        room.setMember(admin, "leave");
        return room.membership(admin, "leave", member);
      },
    ],
  },
  {
    rule: numbered("4.5.3", "5.5.3"),
    says: "unbanning needs the level of `ban`",
    allowed: [kick(moderator, banned), kick(deputy, banned, { ban: 25, kick: 25 })],
    refused: [kick(deputy, banned, { ban: 26, kick: 0 }), kick(moderator, banned, { ban: 51 })],
  },
  {
    rule: numbered("4.5.4", "5.5.4"),
    says: "removing needs the level of `kick`, and more power than the target has",
    allowed: [
      ...[member, deputy, invited, knocking, gone, stranger].map((target) => kick(moderator, target)),
      kick(admin, moderator),
      kick(deputy, member, { kick: 25 }),
      kick(moderator, "not a user"),
      withoutLevels(creator, "leave", admin),
    ],
    refused: [
      kick(moderator, peer),
      kick(moderator, admin),
      kick(deputy, member),
      kick(deputy, member, { kick: 26 }),
      kick(member, stranger, { kick: 0 }),
      // Who may ban only does not unban.
      kick(deputy, banned, { ban: 0 }),
      kick(moderator, member, { users_default: 50 }),
      withoutLevels(moderator, "leave", member),
    ],
    refusedBy: numbered("4.5.5", "5.5.5"),
  },
  {
    rule: numbered("4.5.5", "5.5.5"),
    says: "nobody else removes anybody",
    allowed: [kick(creator, member)],
    refused: [
      kick(member, deputy),
      kick(moderator, moderator.toUpperCase(), { users_default: 50 }),
      kick(admin, creator),
    ],
  },
  {
    rule: numbered("4.6.1", "5.6.1"),
    says: "who bans is in the room",
    allowed: [ban(moderator, stranger)],
    refused: [
      ...[stranger, gone, invited, knocking, banned].map((sender) => ban(sender, member)),
      (room) => {
        room.setMember(admin, "leave");
        return room.membership(admin, "ban", member);
      },
    ],
  },
  {
    rule: numbered("4.6.2", "5.6.2"),
    says: "banning needs the level of `ban`, and more power than the target has",
    allowed: [
      ...[member, deputy, invited, knocking, gone, stranger, banned].map((target) => ban(moderator, target)),
      ban(deputy, member, { ban: 25 }),
      ban(admin, moderator),
      withoutLevels(creator, "ban", admin),
    ],
    refused: [
      ban(moderator, peer),
      ban(moderator, admin),
      ban(deputy, member),
      ban(deputy, member, { ban: 26, kick: 0 }),
      withoutLevels(admin, "ban", member),
    ],
    refusedBy: numbered("4.6.3", "5.6.3"),
  },
  {
    rule: numbered("4.6.3", "5.6.3"),
    says: "nobody else bans anybody, and nobody themselves",
    allowed: [ban(creator, member)],
    refused: [ban(member, stranger), ban(moderator, moderator), ban(creator, creator), ban(admin, creator)],
  },
  {
    rule: { 12: "5.5.5" },
    says: "no power removes a creator",
    allowed: [
      (room) => {
        room.put("m.room.create", "", creator, { additional_creators: [member] });
        return room.membership(member, "leave", admin);
      },
    ],
    refused: [
      kick(admin, creator, { users: { [admin]: 2 ** 53 - 1 } }),
      (room) => {
        room.put("m.room.create", "", creator, { additional_creators: [member] });
        return room.membership(creator, "leave", member);
      },
      (room) => {
        room.put("m.room.create", "", creator, { additional_creators: [member] });
        return room.membership(member, "leave", creator);
      },
    ],
  },
]);
