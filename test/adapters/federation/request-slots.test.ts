import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { RequestSlots } from "../../../src/adapters/federation/request-slots.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";

function open(perServer: number, inAll: number) {
  const slots = new RequestSlots({ perServer, inAll });
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const controller = new AbortController();
  const run = (server: string, name: string, isKnown = false, signal = controller.signal) =>
    slots.run(server as ServerName, isKnown, signal, async () => {
      running.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      running.splice(running.indexOf(name), 1);
      return name;
    });
  const end = async (name: string) => {
    ends.get(name)?.();
    await nextTurn();
  };
  return { run, end, running, controller };
}

test("a server that is slow takes no slot of another", async () => {
  const { run, end, running } = open(2, 8);
  const slow = ["s1", "s2", "s3", "s4"].map((name) => run("slow", name));
  await nextTurn();
  void run("other", "o1");
  await nextTurn();
  assert.deepEqual(running, ["s1", "s2", "o1"]);
  await end("s2");
  assert.deepEqual(running, ["s1", "o1", "s3"]);
  assert.equal(await slow[1], "s2");
});

test("who waits for longer than its time gets no slot, and takes none", async () => {
  const { run, end, running } = open(1, 8);
  void run("slow", "s1");
  const hasty = new AbortController();
  const given = run("slow", "s2", false, hasty.signal);
  void run("slow", "s3");
  await nextTurn();
  hasty.abort();
  assert.equal(await given, undefined);
  assert.equal(await run("slow", "s4", false, hasty.signal), undefined);
  await end("s1");
  assert.deepEqual(running, ["s3"]);
});

test("however many servers are slow, there is a slot for one that is known to answer", async () => {
  const { run, running } = open(1, 4);
  for (let server = 0; server < 10; server++) void run(`slow${server}`, `s${server}`);
  await nextTurn();
  assert.deepEqual(running, ["s0", "s1", "s2"]);
  void run("known", "k", true);
  await nextTurn();
  assert.deepEqual(running, ["s0", "s1", "s2", "k"]);
});
