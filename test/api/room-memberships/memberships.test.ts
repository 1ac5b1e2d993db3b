import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import {
  act,
  joinedRooms,
  membershipOf,
  newRoom,
  refused,
  roomPath,
  roomVersions,
  stateContent,
  stateEvent,
  succeed,
  timeline,
} from "./rooms.ts";

const { newUser } = await serveUsers();
const newUsers = (count: number): Promise<Client[]> => Promise.all(Array.from({ length: count }, newUser));

const unknownRoom = "!unknown:localhost";
const forbidden = [403, "M_FORBIDDEN"] as const;

for (const room_version of roomVersions) {
  const publicRoom = (client: Client) => newRoom(client, { room_version, preset: "public_chat" });

  test(`version ${room_version}: whoever wants joins a public room, once`, async () => {
    const [alice, bob] = (await newUsers(2)) as [Client, Client];
    const roomId = await publicRoom(alice);
    assert.deepEqual(await succeed(act(bob, roomId, "join", { reason: "because" })), { room_id: roomId });
    const content = { membership: "join", reason: "because" };
    assert.deepEqual(await stateContent(alice, roomId, "m.room.member", bob.userId), content);
    const before = (await timeline(alice, roomId)).length;
    assert.deepEqual(await succeed(act(bob, roomId, "join", { reason: "another" })), { room_id: roomId });
    assert.deepEqual(await succeed(bob.post(`/join/${encodeURIComponent(roomId)}`, {})), { room_id: roomId });
    assert.equal((await timeline(alice, roomId)).length, before);
    assert.deepEqual(await joinedRooms(bob), [roomId]);
  });

  test(`version ${room_version}: a private room is for those who are invited`, async () => {
    const [alice, bob, carol] = (await newUsers(3)) as [Client, Client, Client];
    const roomId = await newRoom(alice, { room_version });
    await refused(act(bob, roomId, "join"), ...forbidden);
    await succeed(act(alice, roomId, "invite", { user_id: bob.userId, reason: "come" }));
    const invite = await stateEvent(alice, roomId, "m.room.member", bob.userId);
    assert.deepEqual([invite.sender, invite.content], [alice.userId, { membership: "invite", reason: "come" }]);
    // Who is invited is not invited again.
    await succeed(act(alice, roomId, "invite", { user_id: bob.userId }));
    assert.equal((await stateEvent(alice, roomId, "m.room.member", bob.userId)).event_id, invite.event_id);
    await refused(act(bob, roomId, "invite", { user_id: carol.userId }), ...forbidden);
    await succeed(act(bob, roomId, "join"));
    await refused(act(alice, roomId, "invite", { user_id: bob.userId }), ...forbidden);
    // Everybody in a private room may invite.
    await succeed(act(bob, roomId, "invite", { user_id: carol.userId }));
    await succeed(act(carol, roomId, "leave", { reason: "no" }));
    assert.deepEqual(await stateContent(alice, roomId, "m.room.member", carol.userId), {
      membership: "leave",
      reason: "no",
    });
    await refused(act(carol, roomId, "join"), ...forbidden);
  });

  test(`version ${room_version}: who has left stays so, and forgets`, async () => {
    const [alice, bob] = (await newUsers(2)) as [Client, Client];
    const roomId = await publicRoom(alice);
    await succeed(act(bob, roomId, "join"));
    await refused(act(bob, roomId, "forget"), 400, "M_UNKNOWN");
    await succeed(act(bob, roomId, "leave"));
    const { event_id } = await stateEvent(alice, roomId, "m.room.member", bob.userId);
    await succeed(act(bob, roomId, "leave"));
    assert.equal((await stateEvent(alice, roomId, "m.room.member", bob.userId)).event_id, event_id);
    assert.deepEqual(await joinedRooms(bob), []);
    for (let time = 0; time < 2; time++) await succeed(act(bob, roomId, "forget"));
    await succeed(act(bob, roomId, "join"));
    assert.deepEqual(await joinedRooms(bob), [roomId]);
  });

  test(`version ${room_version}: kicks and bans need power, and somebody whom they concern`, async () => {
    const [alice, bob, carol] = (await newUsers(3)) as [Client, Client, Client];
    const roomId = await publicRoom(alice);
    const body = { user_id: carol.userId, reason: "why" };
    await refused(act(alice, roomId, "kick", body), ...forbidden);
    await refused(act(alice, roomId, "unban", body), ...forbidden);
    for (const user of [bob, carol]) await succeed(act(user, roomId, "join"));
    for (const verb of ["kick", "ban", "unban"]) await refused(act(bob, roomId, verb, body), ...forbidden);
    await refused(act(bob, roomId, "kick", { user_id: alice.userId }), ...forbidden);
    await succeed(act(alice, roomId, "kick", body));
    const kicked = await stateEvent(alice, roomId, "m.room.member", carol.userId);
    assert.deepEqual([kicked.sender, kicked.content], [alice.userId, { membership: "leave", reason: "why" }]);
    await succeed(act(carol, roomId, "join"));
    await succeed(act(alice, roomId, "ban", body));
    const banned = await stateEvent(alice, roomId, "m.room.member", carol.userId);
    assert.deepEqual(banned.content, { membership: "ban", reason: "why" });
    await succeed(act(alice, roomId, "ban", body));
    assert.equal((await stateEvent(alice, roomId, "m.room.member", carol.userId)).event_id, banned.event_id);
    for (const verb of ["join", "leave"]) await refused(act(carol, roomId, verb), ...forbidden);
    for (const verb of ["invite", "kick"]) await refused(act(alice, roomId, verb, body), ...forbidden);
    await succeed(act(carol, roomId, "forget"));
    await refused(act(bob, roomId, "unban", body), ...forbidden);
    await succeed(act(alice, roomId, "unban", body));
    await succeed(act(carol, roomId, "join"));
    // A ban is for strangers too.
    await succeed(act(alice, roomId, "ban", { user_id: "@mallory:elsewhere.test" }));
    assert.equal(await membershipOf(alice, roomId, "@mallory:elsewhere.test"), "ban");
  });

  test(`version ${room_version}: a knock is answered by an invite or a kick, and can be taken back`, async () => {
    const [alice, bob] = (await newUsers(2)) as [Client, Client];
    const roomId = await newRoom(alice, {
      ...{ room_version, room_alias_name: `knocking-${room_version}` },
      initial_state: [{ type: "m.room.join_rules", content: { join_rule: "knock" } }],
    });
    const knock = (body = {}) => bob.post(`/knock/${encodeURIComponent(`#knocking-${room_version}:localhost`)}`, body);
    await refused(act(bob, roomId, "join"), ...forbidden);
    assert.deepEqual(await succeed(knock({ reason: "please" })), { room_id: roomId });
    const knocked = await stateEvent(alice, roomId, "m.room.member", bob.userId);
    assert.deepEqual(knocked.content, { membership: "knock", reason: "please" });
    await succeed(knock());
    assert.equal((await stateEvent(alice, roomId, "m.room.member", bob.userId)).event_id, knocked.event_id);
    await refused(act(bob, roomId, "forget"), 400, "M_UNKNOWN");
    await succeed(act(bob, roomId, "leave"));
    await succeed(knock());
    await succeed(act(alice, roomId, "kick", { user_id: bob.userId }));
    await succeed(knock());
    await succeed(act(alice, roomId, "invite", { user_id: bob.userId }));
    await refused(knock(), ...forbidden);
    await succeed(act(bob, roomId, "join"));
    await refused(knock(), ...forbidden);
    await refused(bob.post(`/knock/${encodeURIComponent(unknownRoom)}`, {}), 404, "M_NOT_FOUND");
    await refused(bob.post(`/knock/${encodeURIComponent(await newRoom(alice, { room_version }))}`, {}), ...forbidden);
  });

  test(`version ${room_version}: a restricted room is for the members of others`, async () => {
    const [alice, bob, carol, dave] = (await newUsers(4)) as [Client, Client, Client, Client];
    const club = await publicRoom(alice);
    const restricted = (join_rule: string, invite: number, more: object = {}) =>
      newRoom(alice, {
        room_version,
        power_level_content_override: { invite, ...more },
        initial_state: [
          {
            type: "m.room.join_rules",
            content: {
              join_rule,
              allow: [
                { type: "org.example.unknown", room_id: club },
                { type: "m.room_membership", room_id: unknownRoom },
                { type: "m.room_membership", room_id: club },
              ],
            },
          },
        ],
      });
    const roomId = await restricted("restricted", 50);
    await refused(act(bob, roomId, "join"), ...forbidden);
    await succeed(act(bob, club, "join"));
    await succeed(act(bob, roomId, "join"));
    assert.deepEqual(await stateContent(alice, roomId, "m.room.member", bob.userId), {
      membership: "join",
      join_authorised_via_users_server: alice.userId,
    });
    // Who is invited needs nobody, and who joins once need not stay in the other room.
    await succeed(act(alice, roomId, "invite", { user_id: carol.userId }));
    await succeed(act(carol, roomId, "join"));
    assert.deepEqual(await stateContent(alice, roomId, "m.room.member", carol.userId), { membership: "join" });
    await succeed(act(bob, club, "leave"));
    await succeed(act(bob, roomId, "join"));
    await succeed(act(bob, roomId, "leave"));
    await refused(act(bob, roomId, "join"), ...forbidden);
    // Without anybody who may invite nobody is let in.
    await succeed(act(dave, club, "join"));
    await succeed(act(alice, roomId, "leave"));
    await refused(act(dave, roomId, "join"), ...forbidden);
    // Where all may, any member lets others in; and knocking is another way.
    const open = await restricted("knock_restricted", 0);
    await succeed(act(dave, open, "join"));
    await succeed(bob.post(`/knock/${encodeURIComponent(open)}`, {}));
    await succeed(act(alice, open, "leave"));
    await succeed(act(bob, club, "join"));
    await succeed(act(bob, open, "join"));
    const { join_authorised_via_users_server: by } = await stateContent(dave, open, "m.room.member", bob.userId);
    assert.equal(by, dave.userId);
  });

  test(`version ${room_version}: who is not in a room does not learn whether it is there`, async () => {
    const [alice, bob, carol] = (await newUsers(3)) as [Client, Client, Client];
    const roomId = await newRoom(alice, { room_version });
    for (const verb of ["invite", "kick", "ban", "unban"]) {
      const body = { user_id: carol.userId };
      const known = await refused(act(bob, roomId, verb, body), ...forbidden);
      assert.deepEqual(await refused(act(bob, unknownRoom, verb, body), ...forbidden), known);
    }
    const known = await refused(act(bob, roomId, "leave"), ...forbidden);
    assert.deepEqual(await refused(act(bob, unknownRoom, "leave"), ...forbidden), known);
    for (const room of [roomId, unknownRoom]) assert.deepEqual(await succeed(act(bob, room, "forget")), {});
    await refused(act(bob, unknownRoom, "join"), 404, "M_NOT_FOUND");
  });
}

test("membership events carry the name and the picture that the user has then", async () => {
  const [alice, bob] = (await newUsers(2)) as [Client, Client];
  const roomId = await newRoom(alice);
  await bob.request("PUT", `/profile/${bob.userId}/displayname`, { displayname: "Bob" });
  await succeed(act(alice, roomId, "invite", { user_id: bob.userId }));
  const invited = { membership: "invite", displayname: "Bob" };
  assert.deepEqual(await stateContent(alice, roomId, "m.room.member", bob.userId), invited);
  await bob.request("PUT", `/profile/${bob.userId}/avatar_url`, { avatar_url: "mxc://localhost/bob" });
  await bob.request("PUT", `/profile/${bob.userId}/displayname`, { displayname: "Robert" });
  await succeed(act(bob, roomId, "join"));
  const joined = { membership: "join", displayname: "Robert", avatar_url: "mxc://localhost/bob" };
  assert.deepEqual(await stateContent(alice, roomId, "m.room.member", bob.userId), joined);
});

test("only users that there are can be invited, and only those of this server", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const invite = (body: object) => act(alice, roomId, "invite", body);
  await refused(invite({ user_id: "@nobody:localhost" }), ...forbidden);
  await refused(invite({ user_id: "@bob:elsewhere.test" }), ...forbidden);
  await refused(invite({ user_id: "bob" }), 400, "M_INVALID_PARAM");
  await refused(invite({ user_id: 5 }), 400, "M_BAD_JSON");
  await refused(invite({}), 400, "M_MISSING_PARAM");
  const address = { id_server: "id.test", id_access_token: "t", medium: "email", address: "bob@example.org" };
  await refused(invite(address), 403, "M_THREEPID_DENIED");
  assert.equal(await membershipOf(alice, roomId, "@nobody:localhost"), undefined);
});

test("a body may be missing where nothing has to be said, and is an object", async () => {
  const [alice, bob] = (await newUsers(2)) as [Client, Client];
  const roomId = await newRoom(alice, { preset: "public_chat" });
  for (const verb of ["join", "leave", "forget"]) await succeed(bob.request("POST", roomPath(roomId, `/${verb}`)));
  await refused(bob.request("POST", roomPath(roomId, "/join"), "[]"), 400, "M_BAD_JSON");
  await refused(act(bob, roomId, "join", { reason: 5 }), 400, "M_BAD_JSON");
  await refused(act(bob, roomId, "join", { reason: "\ud800" }), 400, "M_BAD_JSON");
  await refused(act(bob, roomId, "join", { reason: "x".repeat(70_000) }), 413, "M_TOO_LARGE");
  const third_party_signed = { sender: alice.userId, mxid: bob.userId, token: "t", signatures: {} };
  await refused(act(bob, roomId, "join", { third_party_signed }), 403, "M_THREEPID_DENIED");
  await refused(bob.post("/join/nowhere", {}), 400, "M_INVALID_PARAM");
  await refused(bob.post("/join/%23nowhere", {}), 400, "M_INVALID_PARAM");
  await refused(bob.post("/join/%23nowhere%3Alocalhost", {}), 404, "M_NOT_FOUND");
  await refused(bob.post("/join/%23nowhere%3Aelsewhere.test", {}), 404, "M_NOT_FOUND");
  assert.deepEqual(await joinedRooms(bob), []);
});
