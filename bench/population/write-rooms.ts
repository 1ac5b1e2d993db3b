import { join } from "node:path";
import Database from "better-sqlite3";
import { type Database as OpenDatabase, openDatabase } from "../../src/adapters/sql/open-database.ts";
import { loadSigningKey } from "../../src/adapters/system/signing-key-file.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { Appservices } from "../../src/domain/appservices/appservices.ts";
import { beginRoom } from "../../src/domain/rooms/begin-room.ts";
import { roomInUnit } from "../../src/domain/rooms/room-in-unit.ts";
import type { RoomWriter, RoomWritingDeps } from "../../src/domain/rooms/room-writer.ts";
import { roomVersion } from "../../src/protocol/events/room-version.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { startServer } from "../start-server.ts";
import { encryptedContent } from "./encrypted-content.ts";
import { deviceAt, digestOfToken, serverName, userIdOf, users } from "./identities.ts";
import { type PlannedRoom, people, plannedRooms } from "./rooms.ts";

/** Events that one unit appends. */
const eventsTogether = 1_000;
/** Ms since the epoch of the first event of each room; each further one is a second later. */
const begunAt = 1_700_000_000_000;

/** Makes a database with people and the planned rooms, by what the server itself writes rooms with; gives its path. */
export async function writeRooms(folder: string): Promise<string> {
  const server = await startServer({ folder });
  await server.stop();
  const path = join(folder, "claviger.db");
  changeFile(path, insertPeople);
  const database = await openDatabase(
    { engine: "sqlite", path },
    {
      ...{ dataDir: folder, serverName, clock: systemClock, random: systemRandom, role: "server", watchdog: false },
      ...{ wake: () => {}, wakeAll: () => {}, timer: () => {}, onRestore: async () => {} },
    },
  );
  const signingKey = await loadSigningKey(folder, systemRandom);
  const appservices = new Appservices([], serverName as ServerName);
  const deps = { serverName: serverName as ServerName, signingKey, clock: systemClock, appservices };
  for (const room of plannedRooms) await writeRoom(deps, database, room);
  await database.close();
  // A copy is another file, which would look restored from a backup (rule E5).
  changeFile(path, (file) => file.exec("DELETE FROM server_state WHERE name = 'file_identity'"));
  return path;
}

function changeFile(path: string, change: (file: Database.Database) => void): void {
  const file = new Database(path);
  file.pragma("synchronous = OFF");
  file.transaction(() => change(file))();
  file.pragma("wal_checkpoint(TRUNCATE)");
  file.close();
}

function insertPeople(file: Database.Database): void {
  const account = file.prepare("INSERT INTO accounts (user_id, is_admin, created_at) VALUES (?, 0, 0)");
  for (let number = 0; number < people; number++) account.run(userIdOf(number));
  const device = file.prepare("INSERT INTO devices (user_id, device_id, created_at) VALUES (?, ?, 0)");
  const token = file.prepare("INSERT INTO access_tokens (digest, user_id, device_id, created_at) VALUES (?, ?, ?, 0)");
  for (let number = 0; number < users; number++) {
    const { userId, deviceId } = deviceAt(number);
    device.run(userId, deviceId);
    token.run(digestOfToken(deviceAt(number)), userId, deviceId);
  }
}

interface Draft {
  readonly type: string;
  readonly stateKey?: string;
  readonly sender: UserId;
  readonly content: JsonObject;
}

async function writeRoom(deps: RoomWritingDeps, { unitOfWork }: OpenDatabase, room: PlannedRoom): Promise<void> {
  const { roomId } = room;
  const creator = userIdOf(room.members[0] as number) as UserId;
  const version = roomVersion("11");
  const plan = { roomId, version, creator, content: { room_version: version.id }, originServerTs: begunAt };
  const drafts = draftsOf(room, creator);
  for (let start = 0; start < drafts.length; start += eventsTogether) {
    await unitOfWork.run({ exclusive: [roomId] }, async (stores, commit) => {
      const open = () => roomInUnit(deps, stores, commit, { roomId, users: [] }).open();
      const writer: RoomWriter = await (start === 0 ? beginRoom(deps, stores, commit, plan) : open());
      for (const [index, draft] of drafts.slice(start, start + eventsTogether).entries()) {
        await writer.append({ ...draft, originServerTs: begunAt + (start + index + 1) * 1_000 });
      }
    });
  }
}

function draftsOf({ roomId, members, messages }: PlannedRoom, creator: UserId): Draft[] {
  const state = (type: string, content: JsonObject) => ({ type, stateKey: "", sender: creator, content });
  const joins = members.map((number): Draft => {
    const userId = userIdOf(number) as UserId;
    const content = { membership: "join", displayname: `Person ${number}` };
    return { type: "m.room.member", stateKey: userId, sender: userId, content };
  });
  const [first, ...others] = joins as [Draft, ...Draft[]];
  const sent = Array.from({ length: messages }, (_, number): Draft => {
    const { userId, deviceId } = deviceAt(members[number % members.length] as number);
    const content = encryptedContent(number, deviceId);
    return { type: "m.room.encrypted", sender: userId as UserId, content };
  });
  return [
    first,
    state("m.room.power_levels", { users: { [creator]: 100 } }),
    state("m.room.join_rules", { join_rule: "public" }),
    state("m.room.history_visibility", { history_visibility: "shared" }),
    state("m.room.guest_access", { guest_access: "forbidden" }),
    state("m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2" }),
    state("m.room.name", { name: `The room ${roomId}` }),
    ...others,
    ...sent,
  ];
}
