import assert from "node:assert/strict";
import { test } from "node:test";
import type { JudgedEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import type { UserId } from "../../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../../../../src/protocol/json.ts";
import { signJson } from "../../../../src/protocol/signed-json.ts";
import { seedSigner } from "../../../protocol/federation/seed-signer.ts";
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

const seedOf = (text: string) => Buffer.from(text.padEnd(32, "."));
const identityServer = seedSigner("ed25519:0", seedOf("identity server"));
const ephemeral = seedSigner("ed25519:ephemeral", seedOf("ephemeral"));
const other = seedSigner("ed25519:0", seedOf("other"));
/** Its public key has characters that the URL-safe alphabet writes in another way. */
const slashed = seedSigner("ed25519:0", seedOf("slashed1"));

test("the key in another alphabet is written in another way", () => assert.match(slashed.publicKey, /[+/]/));

const promise = { mxid: stranger, token: "token" };
const signedBy = (signer: typeof identityServer, object: JsonObject = promise) => signJson(object, "id", signer);
const urlSafe = (key: string) => key.replaceAll("+", "-").replaceAll("/", "_");

/** The m.room.third_party_invite of the moderator, and its acceptance. */
function thirdParty({
  keys = { public_key: identityServer.publicKey },
  sender = moderator,
  target = stranger,
  invite,
}: {
  keys?: JsonObject;
  sender?: UserId;
  target?: string;
  invite: JsonValue;
}): Attempt {
  return (room) => {
    room.put("m.room.third_party_invite", "token", moderator, { display_name: "S", ...keys });
    return room.membership(sender, "invite", target, { third_party_invite: invite });
  };
}

const valid = thirdParty({ invite: { display_name: "S", signed: signedBy(identityServer) } });
const listed = (...keys: JsonValue[]) => ({ public_key: other.publicKey, public_keys: keys });
const key = (text: string) => ({ public_key: text });

testRules([
  {
    rule: numbered("4.4.1.1", "5.4.1.1"),
    says: "a third-party invite does not lift a ban",
    allowed: [valid],
    refused: [
      thirdParty({ target: banned, invite: { signed: signedBy(identityServer, { ...promise, mxid: banned }) } }),
      thirdParty({ target: banned, invite: {} }),
    ],
  },
  {
    rule: numbered("4.4.1.2", "5.4.1.2"),
    says: "a third-party invite has `signed`",
    allowed: [valid],
    refused: [{}, null, "text", [], { signed: null }, { signed: "text" }, { signed: [] }].map((invite) =>
      thirdParty({ invite }),
    ),
  },
  {
    rule: numbered("4.4.1.3", "5.4.1.3"),
    says: "`signed` has mxid and token",
    allowed: [valid],
    refused: [{}, { mxid: stranger }, { token: "token" }, { ...promise, token: 1 }, { ...promise, mxid: null }].map(
      (signed) => thirdParty({ invite: { signed: signedBy(identityServer, signed) } }),
    ),
  },
  {
    rule: numbered("4.4.1.4", "5.4.1.4"),
    says: "`signed` is for the user who is invited",
    allowed: [valid],
    refused: [thirdParty({ target: gone, invite: { signed: signedBy(identityServer) } })],
  },
  {
    rule: numbered("4.4.1.5", "5.4.1.5"),
    says: "the room knows the token",
    allowed: [valid],
    refused: [
      thirdParty({ invite: { signed: signedBy(identityServer, { ...promise, token: "other" }) } }),
      (room) => room.membership(moderator, "invite", stranger, { third_party_invite: { signed: signedBy(other) } }),
    ],
  },
  {
    rule: numbered("4.4.1.6", "5.4.1.6"),
    says: "who made the third-party invite sends this one",
    allowed: [valid],
    refused: [admin, creator, stranger].map((sender) =>
      thirdParty({ sender, invite: { signed: signedBy(identityServer) } }),
    ),
  },
  {
    rule: numbered("4.4.1.7", "5.4.1.7"),
    says: "a signature by a key of the room's invite is enough: no membership and no power is needed",
    allowed: [
      valid,
      (room) => {
        room.setMember(moderator, "leave");
        room.setLevels({ invite: 100 });
        return valid(room);
      },
      // One of several signatures.
      thirdParty({ invite: { signed: signJson(signedBy(other), "id2", identityServer) } }),
    ],
    refused: [thirdParty({ invite: { signed: signedBy(other) } })],
    refusedBy: numbered("4.4.1.8", "5.4.1.8"),
  },
  {
    rule: numbered("4.4.1.7.1", "5.4.1.7.1"),
    says: "the key may stand in public_key, in either alphabet",
    allowed: [
      thirdParty({ keys: key(slashed.publicKey), invite: { signed: signedBy(slashed) } }),
      thirdParty({ keys: key(urlSafe(slashed.publicKey)), invite: { signed: signedBy(slashed) } }),
    ],
    refused: [
      thirdParty({ keys: {}, invite: { signed: signedBy(identityServer) } }),
      thirdParty({ keys: { public_key: 1 }, invite: { signed: signedBy(identityServer) } }),
      thirdParty({ keys: key("rubbish"), invite: { signed: signedBy(identityServer) } }),
    ],
    refusedBy: numbered("4.4.1.8", "5.4.1.8"),
  },
  {
    rule: numbered("4.4.1.7.2", "5.4.1.7.2"),
    says: "the key may stand in public_keys",
    allowed: [
      thirdParty({
        keys: listed(key(identityServer.publicKey), key(ephemeral.publicKey)),
        invite: { signed: signedBy(ephemeral) },
      }),
      thirdParty({
        keys: listed(null, {}, key(urlSafe(slashed.publicKey))),
        invite: { signed: signedBy(slashed) },
      }),
    ],
    refused: [
      thirdParty({ keys: listed(identityServer.publicKey), invite: { signed: signedBy(identityServer) } }),
      thirdParty({ keys: { public_keys: "text" }, invite: { signed: signedBy(identityServer) } }),
    ],
    refusedBy: numbered("4.4.1.8", "5.4.1.8"),
  },
  {
    rule: numbered("4.4.1.8", "5.4.1.8"),
    says: "without a good signature there is no third-party invite, not even by who may invite",
    allowed: [valid],
    refused: [
      thirdParty({ invite: { signed: promise } }),
      thirdParty({ invite: { signed: { ...promise, signatures: "text" } } }),
      thirdParty({ invite: { signed: { ...promise, signatures: { id: "text" } } } }),
      thirdParty({ invite: { signed: { ...promise, signatures: { id: { "ed25519:0": 1 } } } } }),
      thirdParty({ invite: { signed: { ...signedBy(identityServer), more: 1 } } }),
      // Another algorithm by its name.
      thirdParty({ invite: { signed: signedBy({ ...identityServer, keyId: "rsa:0" }) } }),
    ],
  },
  {
    rule: numbered("4.4.1.8", "5.4.1.8"),
    says: "a flood of signatures or keys is not tried to its end",
    allowed: [thirdParty({ invite: { signed: { ...signedBy(identityServer), unsigned: {} } } })],
    refused: [
      thirdParty({
        invite: {
          signed: [1, 2, 3, 4, 5, 6].reduce((signed, n) => {
            return signJson(signed, `flood${n}`, other);
          }, promise as JsonObject),
        },
      }),
      thirdParty({
        keys: { public_keys: [...Array(6).fill(key(other.publicKey)), key(identityServer.publicKey)] },
        invite: { signed: signedBy(identityServer) },
      }),
    ],
  },
  {
    rule: numbered("4.4.2", "5.4.2"),
    says: "who invites is in the room",
    allowed: [(room) => room.membership(member, "invite", stranger)],
    refused: [stranger, gone, invited, knocking, banned].map((sender) => (room) => {
      return room.membership(sender, "invite", foreigner);
    }),
  },
  {
    rule: numbered("4.4.3", "5.4.3"),
    says: "who is joined or banned is not invited",
    allowed: [stranger, gone, invited, knocking, foreigner].map((target) => (room) => {
      return room.membership(member, "invite", target);
    }),
    refused: [member, banned, creator].map((target) => (room) => room.membership(admin, "invite", target)),
  },
  {
    rule: numbered("4.4.4", "5.4.4"),
    says: "inviting needs the level of `invite`, which is 0 where there is none",
    allowed: [
      (room) => {
        room.setLevels({ invite: 25 });
        return room.membership(deputy, "invite", stranger);
      },
      (room) => {
        const { invite: _, ...levels } = room.levels({});
        room.put("m.room.power_levels", "", creator, levels);
        return room.membership(member, "invite", stranger);
      },
      (room) => {
        room.remove("m.room.power_levels");
        return room.membership(member, "invite", stranger);
      },
      (room) => {
        room.setLevels({ invite: 100 });
        return room.membership(creator, "invite", stranger);
      },
    ],
    refused: [
      (room) => {
        room.setLevels({ invite: 26 });
        return room.membership(deputy, "invite", stranger);
      },
    ],
    refusedBy: numbered("4.4.5", "5.4.5"),
  },
  {
    rule: numbered("4.4.5", "5.4.5"),
    says: "with less power nobody invites",
    allowed: [(room) => room.membership(member, "invite", stranger)],
    refused: [
      (room) => {
        room.setLevels({ users_default: -1 });
        return room.membership(member, "invite", stranger);
      },
      (room) => {
        room.setLevels({ invite: 101 });
        return room.membership(admin, "invite", stranger);
      },
    ],
  },
]);
