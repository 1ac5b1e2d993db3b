import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { migrations } from "../../src/adapters/sql/migrations/index.ts";
import { freePort } from "../cli/run-claviger.ts";
import { sharedCluster } from "../support/postgres/run-cluster.ts";
import { column, emptyDatabase, openNotes, rawConnection, until } from "./note-databases.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { tidyLater } from "./tidy.ts";

async function proxied(t: TestContext) {
  const url = await emptyDatabase(t);
  const proxy = await TcpProxy.start(t, (await sharedCluster()).port);
  return { url, proxy };
}

const versions = migrations.map((_, index) => index + 1);
const others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

/** Opens it, and looks whether everything was made once, and whether only what it needs is open. */
async function openWhole(t: TestContext, url: string, proxy: TcpProxy): Promise<void> {
  const { unitOfWork, restoreSuspected } = await openNotes(t, proxy.through(url));
  proxy.breakNothing();
  assert.equal(restoreSuspected, undefined);
  await unitOfWork.run({}, ({ notes }) => notes.put("afterwards"));
  const raw = await rawConnection(t, url);
  assert.deepEqual(await column(raw, "SELECT version FROM schema_version ORDER BY 1"), versions);
  assert.deepEqual(await column(raw, "SELECT value FROM server_state WHERE name = 'server_name'"), ["example.org"]);
  await until(async () => {
    const names = (await column(raw, `SELECT application_name ${others} ORDER BY 1`)).join();
    return names === "claviger,claviger listening";
  });
}

for (const fault of ["request lost", "answer lost"] as const) {
  test(`E4: a server starts on a database that breaks a connection, at whichever message (${fault})`, async (t) => {
    let messages = Number.POSITIVE_INFINITY;
    for (let broken = 1; broken <= messages; broken++) {
      const { url, proxy } = await proxied(t);
      let count = 0;
      const struck = proxy.breakNext(fault, () => ++count === broken);
      const isStruck = struck.then(() => true);
      const opened = openWhole(t, url, proxy).then(() => false);
      if (!(await Promise.race([isStruck, opened]))) messages = count;
      await opened;
    }
    assert.ok(messages > 10, `${messages} messages`);
  });
}

/** In the connection's first message, in what asks for the settings, the schema and the owner, and in what listens. */
const silenced = ["application_name", "server_version_num", "to_regclass", "'server_name'", "LISTEN"];

test("E4: a server starts on a database that at first says nothing, at whatever it is asked", async (t) => {
  const start = async (word: string) => {
    const { url, proxy } = await proxied(t);
    const struck = proxy.breakNext("silence", (message) => message.includes(word));
    await Promise.all([openWhole(t, url, proxy), struck]);
  };
  await Promise.all(silenced.map(start));
});

/** Says this to whoever connects, so many times, and is then gone. */
async function unreadyServer(t: TestContext, code: string, text: string, times: number) {
  const fields = ["SFATAL", "VFATAL", `C${code}`, `M${text}`].map((field) => `${field}\0`).join("");
  const length = Buffer.alloc(4);
  length.writeInt32BE(length.length + fields.length + 1);
  const message = Buffer.concat([Buffer.from("E"), length, Buffer.from(`${fields}\0`)]);
  let told = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined).once("data", () => socket.end(message));
    if (++told === times) server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  tidyLater(t, () => server.close());
  return { port: (server.address() as AddressInfo).port, gone: once(server, "close") };
}

const states: readonly (readonly [code: string, text: string])[] = [
  ["57P03", "the database system is starting up"],
  ["57P03", "the database system is shutting down"],
  ["57P01", "terminating connection due to administrator command"],
  ["53300", "sorry, too many clients already"],
];

for (const [code, text] of states) {
  test(`E4: a server waits for a database that says: ${text}`, async (t) => {
    const { url, proxy } = await proxied(t);
    const ready = proxy.target;
    const unready = await unreadyServer(t, code, text, 3);
    proxy.target = unready.port;
    const opened = openWhole(t, url, proxy);
    await unready.gone;
    proxy.target = ready;
    await opened;
  });
}

/** Ten seconds pass between two looks. */
function hastyClock() {
  const clock = { time: 0, now: () => 0, monotonic: () => (clock.time += 10_000) };
  return clock;
}

test("E3: a start gives up after 30 s, with the last that it heard", async (t) => {
  const clock = hastyClock();
  const { port } = await unreadyServer(t, "57P03", "the database system is starting up", 1000);
  const opening = openNotes(t, `postgres://claviger:sesame@127.0.0.1:${port}/claviger`, { clock });
  await assert.rejects(opening, {
    name: "DatabaseOpenError",
    message: `database postgres://127.0.0.1:${port}/claviger: the database system is starting up`,
  });
  assert.equal(clock.time, 40_000);
});

test("E3: an address at which nobody answers is told of at once, but not when a database has just stopped there", async (t) => {
  const refused = hastyClock();
  await assert.rejects(openNotes(t, `postgres://127.0.0.1:${await freePort()}/claviger`, { clock: refused }), {
    message: /ECONNREFUSED/,
  });
  assert.equal(refused.time, 10_000, "it has not looked at the time again");
  const clock = hastyClock();
  const { port } = await unreadyServer(t, "57P03", "the database system is shutting down", 1);
  await assert.rejects(openNotes(t, `postgres://127.0.0.1:${port}/claviger`, { clock }), { message: /ECONNREFUSED/ });
  assert.equal(clock.time, 40_000);
});
