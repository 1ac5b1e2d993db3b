import assert from "node:assert/strict";
import { StorageInconsistencyError } from "../../src/adapters/sql/storage-inconsistency-error.ts";
import type { InteractiveSession } from "../../src/domain/authentication/user-interactive/interactive-session-store.ts";
import { contract, runAndFail } from "./contract.ts";
import { digestOf } from "./digests.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, noon, userNamed } from "./owners.ts";

const ages = 3_600_000;

contract("interactiveSessions", {
  "a session is found as it was added": async (database) => {
    const anonymous = { ...session("A"), userId: undefined, completed: [] };
    await add(database, anonymous, session("B"));
    assert.deepEqual(await find(database, "A"), anonymous);
    assert.deepEqual(await find(database, "B"), session("B"));
    assert.equal(await find(database, "unknown"), undefined);
  },

  "the stages that were passed are those that were put last, in order": async (database) => {
    await add(database, session("A"), session("B"));
    await database.unitOfWork.run("everything", async ({ interactiveSessions }) => {
      await interactiveSessions.putCompleted("A", ["m.login.password"]);
      await interactiveSessions.putCompleted("A", ["m.login.terms", "m.login.password"]);
      await interactiveSessions.putCompleted("unknown", ["m.login.password"]);
    });
    assert.deepEqual((await find(database, "A"))?.completed, ["m.login.terms", "m.login.password"]);
    assert.deepEqual((await find(database, "B"))?.completed, session("B").completed);
    assert.equal(await find(database, "unknown"), undefined);
  },

  "a session is consumed once, however many ask at once": async (database) => {
    await add(database, session("A"), session("B"));
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => consume(database, "A")));
    assert.deepEqual(outcomes.filter(Boolean), [true]);
    assert.equal(await consume(database, "A"), false);
    assert.equal((await find(database, "A"))?.consumed, true);
    assert.equal((await find(database, "B"))?.consumed, false);
    assert.equal(await consume(database, "B"), true);
    assert.equal(await consume(database, "unknown"), false);
  },

  "a session that was created before the time is not consumed": async (database) => {
    await add(database, session("A"));
    assert.equal(await consume(database, "A", noon + 1), false);
    assert.equal((await find(database, "A"))?.consumed, false);
    assert.equal(await consume(database, "A", noon - 1), true);
  },

  "sessions that were created before a time are removed, consumed or not": async (database) => {
    const at = (name: string, createdAt: number) => ({ ...session(name), createdAt });
    await add(database, at("old", noon - 2), at("consumed", noon - 1), at("at the time", noon), at("new", noon + 1));
    await consume(database, "consumed", noon - ages);
    await database.unitOfWork.run("everything", ({ interactiveSessions }) => interactiveSessions.removeBefore(noon));
    assert.equal(await find(database, "old"), undefined);
    assert.equal(await find(database, "consumed"), undefined);
    assert.notEqual(await find(database, "at the time"), undefined);
    assert.notEqual(await find(database, "new"), undefined);
  },

  "a unit that fails leaves the sessions as they were": async (database) => {
    const { unitOfWork } = database;
    await add(database, session("A"));
    await runAndFail(unitOfWork, ({ interactiveSessions }) => interactiveSessions.add(session("B")));
    await runAndFail(unitOfWork, ({ interactiveSessions }) => interactiveSessions.putCompleted("A", []));
    await runAndFail(unitOfWork, async ({ interactiveSessions }) => {
      assert.equal(await interactiveSessions.consume("A", noon - ages, noon), true);
    });
    await runAndFail(unitOfWork, ({ interactiveSessions }) => interactiveSessions.removeBefore(noon + ages));
    assert.deepEqual(await find(database, "A"), session("A"));
    assert.equal(await find(database, "B"), undefined);
    assert.equal(await consume(database, "A"), true);
  },

  "stages that cannot be read are a broken row": async (database) => {
    for (const broken of ["", "[", "{}", "null", '"m.login.password"', "[1]", '["m.login.password",null]']) {
      await add(database, session(broken));
      await database.tamper((sql) => {
        const row = sql.db.updateTable("ui_auth_sessions").where("session_id", "=", broken).set({ completed: broken });
        return sql.run("test.break-stages", row);
      });
      await assert.rejects(find(database, broken), (error: unknown) => {
        assert.ok(error instanceof StorageInconsistencyError);
        assert.match(error.message, /^ui_auth_sessions\.completed of /);
        return true;
      });
    }
  },

  "sessions, operations, users and stages may be any text": async (database) => {
    const sessions = oddTexts.map((text): InteractiveSession => {
      return { ...session(text), method: text, path: text, userId: userNamed(text), completed: [text, text] };
    });
    await add(database, ...sessions);
    for (const each of sessions) {
      assert.deepEqual(await find(database, each.sessionId), each);
      assert.equal(await consume(database, each.sessionId), true);
    }
  },
});

function session(sessionId: string): InteractiveSession {
  const operation = { method: "POST", path: "/_matrix/client/v3/delete_devices", bodyDigest: digestOf(sessionId) };
  return { ...operation, sessionId, userId: alice, completed: ["m.login.terms"], createdAt: noon, consumed: false };
}

function add({ unitOfWork }: TestDatabase, ...sessions: InteractiveSession[]): Promise<void> {
  return unitOfWork.run("everything", async ({ interactiveSessions }) => {
    for (const each of sessions) await interactiveSessions.add(each);
  });
}

function find({ snapshots }: TestDatabase, sessionId: string) {
  return snapshots.read(({ interactiveSessions }) => interactiveSessions.findSession(sessionId));
}

function consume({ unitOfWork }: TestDatabase, sessionId: string, time = noon - ages): Promise<boolean> {
  return unitOfWork.run("everything", ({ interactiveSessions }) =>
    interactiveSessions.consume(sessionId, time, noon + 1000),
  );
}
