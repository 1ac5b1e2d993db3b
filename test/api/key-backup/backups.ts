import assert from "node:assert/strict";
import type { Answer, Client } from "../../support/client.ts";

export const algorithm = "m.megolm_backup.v1.curve25519-aes-sha2";
export const authData = { public_key: "abcdefg", signatures: {} };

export const room = "!room:example.org";
export const otherRoom = "!other/room:example.org";

/** A key as clients upload it. */
export interface UploadedKey {
  readonly first_message_index: number;
  readonly forwarded_count: number;
  readonly is_verified: boolean;
  readonly session_data: object;
}

export function roomKey(so: Partial<UploadedKey> = {}): UploadedKey {
  const session_data = { ephemeral: "E", ciphertext: "C", mac: "M" };
  return { first_message_index: 1, forwarded_count: 0, is_verified: true, session_data, ...so };
}

/** Makes a backup, and gives its version. */
export async function newBackup(client: Client): Promise<string> {
  const { status, body } = await client.post("/room_keys/version", { algorithm, auth_data: authData });
  assert.equal(status, 200, JSON.stringify(body));
  return body.version;
}

/** The path of a backup's keys, of those of a room, or of one. */
export function keysPath(version: string, ...names: readonly string[]): string {
  return `/room_keys/keys${names.map((name) => `/${encodeURIComponent(name)}`).join("")}?version=${version}`;
}

/** Uploads one key; gives count and etag. */
export async function putKey(client: Client, version: string, session: string, key = roomKey(), inRoom = room) {
  const { status, body } = await client.request("PUT", keysPath(version, inRoom, session), key);
  assert.equal(status, 200, JSON.stringify(body));
  return body as { count: number; etag: string };
}

/** Count and etag as `GET /room_keys/version/{version}` says them. */
export async function stateOf(client: Client, version: string): Promise<{ count: number; etag: string }> {
  const { count, etag } = (await client.get(`/room_keys/version/${version}`)).body;
  return { count, etag };
}

export async function assertRefused(answer: Promise<Answer>, status: number, errcode: string): Promise<Answer> {
  const found = await answer;
  assert.deepEqual([found.status, found.body.errcode], [status, errcode], JSON.stringify(found.body));
  return found;
}
