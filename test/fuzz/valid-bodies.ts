import { CrossSigningKeys, curve25519 } from "../support/signed-keys.ts";
import type { World } from "./world.ts";

const roomKey = { first_message_index: 1, forwarded_count: 0, is_verified: true, session_data: { ciphertext: "C" } };
const backup = { algorithm: "m.megolm_backup.v1.curve25519-aes-sha2", auth_data: { public_key: "P" } };

const identifier = ({ mallory }: World) => ({ type: "m.id.user", user: mallory.userId });

/** `auth` by password, which is right. */
const byPassword = (world: World) => ({
  type: "m.login.password",
  identifier: identifier(world),
  password: world.password,
});

/** Bodies that a client might send, by operation; of the others the body is not looked at. */
export const validBodies: Readonly<Record<string, (world: World) => readonly object[]>> = {
  ban: ({ alice }) => [{ user_id: alice.userId, reason: "r" }],
  changePassword: (world) => [
    { new_password: "new", logout_devices: false },
    { new_password: "", auth: byPassword(world) },
  ],
  claimKeys: ({ alice, mallory }) => [
    { one_time_keys: { [alice.userId]: { [alice.deviceId]: "signed_curve25519", NONE: "signed_curve25519" } } },
    {
      one_time_keys: { [mallory.userId]: { [mallory.deviceId]: "x" }, "@x:elsewhere.example": { A: "a" } },
      timeout: 1,
    },
  ],
  createRoom: ({ alice }) => [
    { room_version: "12", preset: "trusted_private_chat", invite: [alice.userId], is_direct: true, name: "n" },
    {
      initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "a" } }],
      power_level_content_override: { users: { [alice.userId]: 5 } },
      creation_content: { "m.federate": false },
    },
    { room_alias_name: "fuzzed", topic: "t", visibility: "public", room_version: "10" },
  ],
  deactivateAccount: (world) => [{ erase: true }, { auth: { ...byPassword(world), password: "wrong" } }],
  defineFilter: () => [{ account_data: { types: ["m.*"], not_types: ["a"] }, room: { timeline: { limit: 5 } } }],
  deleteDevice: (world) => [{}, { auth: { ...byPassword(world), password: "wrong" } }],
  deleteDevices: ({ watcher }) => [{ devices: [watcher.deviceId, "NONE"] }],
  inviteUser: ({ alice }) => [{ user_id: alice.userId }, { medium: "email", address: "a@b", id_server: "s" }],
  joinRoom: () => [{ reason: "r" }, { third_party_signed: {} }],
  joinRoomById: () => [{ reason: "r" }],
  kick: ({ alice }) => [{ user_id: alice.userId, reason: "r" }],
  knockRoom: () => [{ reason: "r" }],
  leaveRoom: () => [{ reason: "r" }],
  login: (world) => [
    { type: "m.login.password", identifier: identifier(world), password: world.password, refresh_token: true },
    { type: "m.login.password", user: "alice", password: "wrong", device_id: "D", initial_device_display_name: "d" },
    { type: "m.login.application_service", identifier: identifier(world), device_id: "D" },
  ],
  pingAppservice: () => [{ transaction_id: "1" }],
  postReceipt: () => [{}, { thread_id: "main" }],
  postRoomKeysVersion: () => [backup],
  putRoomKeyBySessionId: () => [roomKey],
  putRoomKeys: () => [{ rooms: { "!room:localhost": { sessions: { S: roomKey, T: roomKey } } } }],
  putRoomKeysByRoomId: () => [{ sessions: { S: roomKey, T: { ...roomKey, first_message_index: 0 } } }],
  putRoomKeysVersion: () => [backup, { ...backup, version: "1" }],
  queryKeys: ({ alice, mallory }) => [
    {
      device_keys: { [alice.userId]: [], [mallory.userId]: [mallory.deviceId], "@x:elsewhere.example": [] },
      timeout: 10,
    },
  ],
  refresh: () => [{ refresh_token: "clr_unknown" }],
  register: () => [
    { username: "taken", password: "p", device_id: "D", inhibit_login: true },
    { auth: { type: "m.login.dummy" }, username: "Not Allowed", password: "p" },
    { type: "m.login.application_service", username: "mallory_taken", device_id: "D" },
    { auth: { type: "m.login.dummy", session: "x".repeat(43) }, password: "p", refresh_token: true },
  ],
  sendToDevice: ({ alice, mallory }) => [
    { messages: { [alice.userId]: { [alice.deviceId]: { a: 1 }, "*": { b: 2 } }, [mallory.userId]: { "*": {} } } },
  ],
  setAccountData: () => [{ any: { content: [1, 2, "three"] } }],
  setProfileField: () => [{ displayname: "Mallory" }, { avatar_url: "mxc://a/b" }, { "org.example.any": [{ a: 1 }] }],
  setPushRule: () => [
    { actions: ["notify", { set_tweak: "sound", value: "x" }], pattern: "a*b" },
    { actions: [], conditions: [{ kind: "event_match", key: "content.body", pattern: "x" }] },
  ],
  setPushRuleActions: () => [{ actions: ["notify", { set_tweak: "highlight" }] }],
  setPushRuleEnabled: () => [{ enabled: false }],
  setRoomAlias: () => [{ room_id: "!room:localhost" }],
  unban: ({ alice }) => [{ user_id: alice.userId }],
  updateDevice: () => [{ display_name: "phone" }],
  uploadCrossSigningKeys: ({ mallory }) => [new CrossSigningKeys(mallory.userId).body()],
  uploadCrossSigningSignatures: ({ mallory, alice }) => [
    {
      [mallory.userId]: { [mallory.deviceId]: mallory.keys.deviceKeys() },
      [alice.userId]: { KEY: { signatures: {} } },
    },
  ],
  uploadKeys: ({ mallory: { keys } }) => [
    { device_keys: keys.deviceKeys(), one_time_keys: keys.oneTimeKeys(2, "NEW"), fallback_keys: keys.fallbackKey() },
    {
      one_time_keys: { "signed_curve25519:AAA0": { key: curve25519(), signatures: {} }, "curve25519:A": curve25519() },
    },
    { "org.matrix.msc2732.fallback_keys": keys.fallbackKey("DRAFT") },
  ],
};
