import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MeasuredServer } from "../../fuzz/measured-server.ts";
import { Client } from "../../support/client.ts";
import { registerUser } from "../../support/test-server.ts";
import { keysPath, newBackup, roomKey } from "./backups.ts";

const rooms = 200;
const sessionsInRoom = 500;
const count = rooms * sessionsInRoom;
/** As long as that of a real session. */
const session_data = { ephemeral: "E".repeat(43), ciphertext: "C".repeat(850), mac: "M".repeat(11) };

/** Megabytes of the server's heap: it dies when it would need more, and could not hold the hundred that it gives. */
const heapAllowed = 80;

/** Bytes that the server may grow by while it gives them: 64 megabytes are what SQLite may keep of the file. */
const growthAllowed = 160 * 1024 * 1024;

/** Bytes between two looks at the server. */
const step = 10 * 1024 * 1024;

let server: MeasuredServer;
let alice: Client;

before(async () => {
  process.env["NODE_OPTIONS"] = `--max-old-space-size=${heapAllowed}`;
  server = await MeasuredServer.start({
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "health", "metrics"] }],
  });
  alice = new Client(server.url, await registerUser(server.url, "alice"));
});
after(() => server.close());

/** Unchecked: the check would parse a hundred megabytes. */
function send(method: string, path: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${alice.account.accessToken}` };
  const url = `${server.url}/_matrix/client/v3${path}`;
  return fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

async function residentBytes(): Promise<number> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const bytes = Number(/^process_resident_memory_bytes ([\d.e+]+)$/m.exec(metrics)?.[1]);
  assert.ok(bytes > 0, "the server tells how much memory it has");
  return bytes;
}

const nameOf = (room: number) => `!room${room}:example.org`;

test("B4, E2: a hundred thousand keys are uploaded, restored and deleted, with little memory and no long turn", async (t) => {
  const version = await newBackup(alice);
  const longest = { upload: 0, read: 0, remove: 0 };
  for (let room = 0; room < rooms; room++) {
    const key = (n: number) => [`${room} ${n}`, roomKey({ first_message_index: n, session_data })];
    const sessions = Object.fromEntries(Array.from({ length: sessionsInRoom }, (_, n) => key(n)));
    const upload = async () => {
      const answer = (await (await send("PUT", keysPath(version, nameOf(room)), { sessions })).json()) as object;
      assert.equal("count" in answer && answer.count, (room + 1) * sessionsInRoom);
    };
    longest.upload = Math.max(longest.upload, await server.longestTurn(upload));
  }

  const before = await residentBytes();
  let most = before;
  let bytes = 0;
  const pieces: Buffer[] = [];
  longest.read = await server.longestTurn(async () => {
    const response = await send("GET", keysPath(version));
    let looked = 0;
    for await (const piece of response.body ?? []) {
      pieces.push(Buffer.from(piece));
      bytes += piece.length;
      if (bytes - looked < step) continue;
      looked = bytes;
      most = Math.max(most, await residentBytes());
    }
  });
  assert.ok(bytes > count * 900);
  const restored = JSON.parse(Buffer.concat(pieces).toString()) as {
    rooms: Record<string, { sessions: Record<string, { first_message_index: number }> }>;
  };
  assert.equal(Object.keys(restored.rooms).length, rooms);
  for (let room = 0; room < rooms; room++) {
    const { sessions = {} } = restored.rooms[nameOf(room)] ?? {};
    assert.equal(Object.keys(sessions).length, sessionsInRoom);
    assert.equal(sessions[`${room} 77`]?.first_message_index, 77);
  }
  longest.remove = await server.longestTurn(async () => {
    assert.equal((await send("DELETE", keysPath(version, nameOf(7)))).status, 200);
    assert.equal((await send("DELETE", keysPath(version))).status, 200);
  });
  const grown = most - before;
  t.diagnostic(JSON.stringify({ bytes, before, grown, longest, allowed: server.longestAllowed }));
  assert.ok(grown < growthAllowed, `the server grew by ${grown} bytes`);
  for (const [what, held] of Object.entries(longest)) {
    assert.ok(held < server.longestAllowed, `${what} held the event loop for ${held} ms`);
  }
});

test("E2: as many keys as a body may have hold the event loop no longer than other bodies", async (t) => {
  const version = await newBackup(alice);
  const key = roomKey({ session_data: {} });
  const sessions = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`${n}`, key]));
  const shortest = Object.fromEntries(Array.from({ length: 8000 }, (_, n) => [`!${n}`, { sessions: { S: key } }]));
  const longest: Record<string, number> = {};
  const requests = {
    "keys of one room": () => send("PUT", keysPath(version, "!room"), { sessions }),
    "the same once more": () => send("PUT", keysPath(version, "!room"), { sessions }),
    "keys of many rooms": () => send("PUT", keysPath(version), { rooms: shortest }),
    "reading them": async () => {
      const response = await send("GET", keysPath(version));
      await response.arrayBuffer();
      return response;
    },
    "deleting a room": () => send("DELETE", keysPath(version, "!room")),
    "deleting the backup": () => send("DELETE", `/room_keys/version/${version}`),
  };
  for (const [what, request] of Object.entries(requests)) {
    longest[what] = await server.longestTurn(async () => assert.equal((await request()).status, 200));
  }
  t.diagnostic(JSON.stringify({ longest, allowed: server.longestAllowed }));
  for (const [what, held] of Object.entries(longest)) {
    assert.ok(held < server.longestAllowed, `${what} held the event loop for ${held} ms`);
  }
});
