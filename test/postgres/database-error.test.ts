import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { Client, DatabaseError } from "pg";
import {
  CommitUnknownError,
  isInterruption,
  isRefusal,
  isStatementNameLost,
  isTransient,
  sqlStateOf,
  storageFailure,
  TransactionLostError,
} from "../../src/adapters/sql/dialect/postgres/database-error.ts";
import { freePort } from "../cli/run-claviger.ts";

function databaseError(code: string): DatabaseError {
  return Object.assign(new DatabaseError("told by the database", 10, "error"), { code, severity: "ERROR" });
}

/** What a driver says that cannot connect to this address. */
async function connecting(host: string, port: number): Promise<unknown> {
  const client = new Client({ host, port, user: "postgres", connectionTimeoutMillis: 200 });
  client.on("error", () => undefined);
  return client.connect().then(
    () => assert.fail("it connected"),
    (error) => error,
  );
}

const codes = {
  transient: [
    ...["08006", "25P02", "25006", "40001", "40P01", "53300", "55P03", "57014", "57P01", "57P03", "58030", "XX000"],
    ...["26000", "42P05"],
  ],
  own: ["23505", "22021", "42601", "42P01", "22P02", "42501"],
};

test("what speaks of the server and of other transactions may be tried again; what speaks of the statement may not", () => {
  for (const code of codes.transient) assert.equal(isTransient(databaseError(code)), true, code);
  for (const code of codes.own) {
    assert.equal(isTransient(databaseError(code)), false, code);
    const error = databaseError(code);
    assert.equal(storageFailure(error), error);
  }
  assert.deepEqual(
    codes.transient.filter((code) => isStatementNameLost(databaseError(code))),
    ["26000", "42P05"],
  );
});

test("errors of the network and of the driver may be tried again, as they really look", async () => {
  const port = await freePort();
  const silent = createServer().listen(0, "127.0.0.1");
  const hangingUp = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await Promise.all([once(silent, "listening"), once(hangingUp, "listening")]);
  const portOf = (server: typeof silent) => (server.address() as { port: number }).port;
  const errors = [
    await connecting("127.0.0.1", port),
    await connecting("localhost", port),
    await connecting("no.such.host.invalid", port),
    await connecting("127.0.0.1", portOf(silent)),
    await connecting("127.0.0.1", portOf(hangingUp)),
    Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" }),
    Object.assign(new Error("write EPIPE"), { code: "EPIPE", syscall: "write" }),
    new Error("Connection terminated"),
    new Error("Connection terminated unexpectedly"),
    new Error("Connection terminated due to connection timeout"),
    new Error("Client has encountered a connection error and is not queryable"),
    new Error("Client was closed and is not queryable"),
    new Error("timeout exceeded when trying to connect"),
    new Error("Cannot use a pool after calling end on the pool"),
  ];
  silent.close();
  hangingUp.close();
  for (const error of errors) {
    assert.equal(isTransient(error), true, String(error));
    assert.equal((storageFailure(error) as Error).name, "StorageUnavailableError");
  }
});

test("errors of a socket that is gone, and of a host with several addresses, may be tried again", () => {
  const refused = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });
  const errors = [
    // Node.js, for a name such as localhost that has an IPv4 and an IPv6 address.
    Object.assign(new AggregateError([refused(), refused()], ""), { code: "ECONNREFUSED" }),
    Object.assign(new Error("This socket has been ended by the other party"), { code: "EPIPE" }),
    Object.assign(new Error("Cannot call write after a stream was destroyed"), { code: "ERR_STREAM_DESTROYED" }),
    Object.assign(new Error("write after end"), { code: "ERR_STREAM_WRITE_AFTER_END" }),
    Object.assign(new Error("Client network socket disconnected before secure TLS connection was established"), {
      code: "ECONNRESET",
    }),
  ];
  for (const error of errors) assert.equal(isTransient(error), true, `${error.name} ${error.message}`);
});

test("errors of our own are neither the database's nor tried again", () => {
  const errors = [
    new Error("its own"),
    new TypeError("x is not a function"),
    new RangeError("no"),
    "text",
    undefined,
    null,
  ];
  for (const error of errors) {
    assert.equal(isTransient(error), false, String(error));
    assert.equal(sqlStateOf(error), undefined);
    assert.equal(storageFailure(error), error);
  }
});

test("E3: what a start waits for is a database that was reached, and not one that refuses", () => {
  for (const code of ["08006", "08P01", "40001", "40P01", "53300", "55P03", "57P01", "57P02", "57P03"]) {
    assert.equal(isInterruption(databaseError(code)), true, code);
  }
  for (const code of ["28P01", "28000", "3D000", "42501", "25006", "23505", "53100", "58030", "XX000"]) {
    assert.equal(isInterruption(databaseError(code)), false, code);
  }
  const ofNetwork = (code: string) => Object.assign(new Error(`connect ${code}`), { code, syscall: "connect" });
  for (const code of ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENOENT"]) {
    assert.equal(isInterruption(ofNetwork(code)), false, code);
    assert.equal(isInterruption(new AggregateError([ofNetwork(code), ofNetwork(code)])), false, code);
  }
  assert.equal(isRefusal(new AggregateError([ofNetwork("ECONNREFUSED")])), true);
  assert.equal(isRefusal(Object.assign(new Error("EACCES: /data"), { code: "EACCES", syscall: "open" })), false);
  for (const text of ["Query read timeout", "timeout expired", "Connection terminated unexpectedly"]) {
    assert.equal(isInterruption(new Error(text)), true, text);
  }
  assert.equal(isInterruption(new Error("The server does not support SSL connections")), false);
});

test("a lost transaction becomes 'unavailable' when nobody tries it any more; an unknown COMMIT is that already", () => {
  const cause = databaseError("40P01");
  const failure = storageFailure(new TransactionLostError(cause)) as Error;
  assert.equal(failure.name, "StorageUnavailableError");
  assert.equal(failure.cause, cause);
  const unknown = new CommitUnknownError(cause);
  assert.equal(storageFailure(unknown), unknown);
});
