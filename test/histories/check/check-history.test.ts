import assert from "node:assert/strict";
import { test } from "node:test";
import { accountDataRegister, deviceKeysRegister, type Entry, type NamedKey, type Sync } from "../history.ts";
import { checkHistory } from "./check-history.ts";

const alice = "@alice:localhost PHONE";
const laptop = "@alice:localhost LAPTOP";
const bob = "@bob:localhost PHONE";

function key(number: number, name = number): NamedKey {
  return { id: `signed_curve25519:K${number}`, key: `key ${name}` };
}

function upload(began: number, oneTimeKeys: readonly NamedKey[], more: object = {}): Entry {
  const what = { kind: "upload", device: alice, oneTimeKeys, outcome: "stored" } as const;
  return { ...what, began, ended: began + 1, endedAt: 0, ...more };
}

function claim(began: number, given: NamedKey | undefined | "unknown", ended = began + 1): Entry {
  const answer = given === "unknown" ? undefined : [given];
  return { kind: "claim", targets: [alice], given: answer, began, ended, endedAt: 0 };
}

function send(began: number, message: number, more: object = {}): Entry {
  const what = { kind: "send", message, sender: "@bob:localhost", recipients: [alice] } as const;
  return { ...what, began, ended: began + 1, endedAt: 0, ...more };
}

/** Syncs of one device that go on from each other: s0, s1 and so on. */
function syncs(...all: ({ began: number; messages?: readonly number[] } & Omit<Partial<Sync>, "messages">)[]): Entry[] {
  return all.map(({ began, messages = [], ...more }, index) => ({
    ...{ kind: "sync", device: alice, since: index === 0 ? undefined : `s${index - 1}`, next: `s${index}` },
    ...{ began, ended: began + 1, endedAt: 0, timeout: 0, timedOut: false },
    ...{ messages: messages.map((message) => ({ sender: "@bob:localhost", message })), accountData: [], count: 0 },
    // As if bob had just come.
    ...{ changed: ["@bob:localhost"], ...more },
  }));
}

function expect(history: readonly Entry[], ...violations: RegExp[]): void {
  const found = checkHistory(history).map(({ rule, what }) => `${rule}: ${what}`);
  assert.equal(found.length, violations.length, JSON.stringify(found, undefined, 2));
  for (const [index, violation] of violations.entries()) assert.match(found[index] ?? "", violation);
}

test("a right history: uploads, claims, a lost answer, messages, and everything accounted for", () => {
  expect([
    upload(1, [key(1), key(2), key(3)]),
    claim(3, key(1)),
    claim(5, "unknown"),
    ...syncs({ began: 7, count: 1 }, { began: 13, count: 1, messages: [1, 2] }, { began: 15, count: 1 }),
    send(9, 1),
    send(11, 2),
    claim(17, key(3)),
    claim(19, undefined),
    { kind: "rest", device: alice, counted: 1, given: 1, countedAfter: 0 },
  ]);
});

test("C1: a key that is given twice, also after a lost claim, is found", () => {
  expect([upload(1, [key(1), key(2)]), claim(3, key(1)), claim(5, key(1))], /^C1: .*"key 1".*issued before at 3-4/);
  expect(
    [upload(1, [key(1), key(2)]), claim(3, key(1)), claim(5, "unknown"), upload(7, [key(1)]), claim(9, key(1))],
    /^C1: /,
  );
});

test("C1: a key that nobody has stored, or only a refused upload had, is found", () => {
  expect([upload(1, [key(1)]), claim(3, key(2))], /^C1: .*has not stored/);
  expect([upload(1, [key(1)]), claim(3, key(1, 7))], /^C1: .*has not stored/);
  expect(
    [upload(1, [key(1)]), upload(3, [key(1, 5), key(2)], { outcome: "clash" }), claim(5, key(1)), claim(7, key(2))],
    /^C1: .*"key 2".*has not stored/,
  );
});

test("C2: a key of a later upload that is given first is found, but for what an unanswered claim may have held", () => {
  const uploads = [upload(1, [key(1)]), upload(3, [key(2)])];
  expect([...uploads, claim(5, key(2)), claim(7, key(1))], /^C2: .*"key 2" of upload 1.*before "key 1" of upload 0/);
  expect([...uploads, claim(5, key(2), 8), claim(7, key(1))]);
  expect([...uploads, claim(5, "unknown", 6), claim(7, key(2)), claim(9, key(1))]);
});

test("C3: a fallback key, or nothing, beside a pool that cannot be empty is found", () => {
  const fallbackKey = { id: "signed_curve25519:F", key: "fallback key" };
  const history = [upload(1, [key(1)], { fallbackKey }), claim(3, fallbackKey)];
  expect(history, /^C3: .*gives the fallback key.*has 1 keys/);
  expect([upload(1, [key(1)]), claim(3, undefined)], /^C3: .*gives nothing/);
  expect([upload(1, [key(1)], { fallbackKey }), claim(3, "unknown"), claim(5, fallbackKey)]);
  expect(
    [upload(1, [key(1)], { fallbackKey }), claim(3, key(1)), claim(5, undefined)],
    /^E4: the fallback key.*nothing/,
  );
});

test("K4: an upload that is refused without a clash, and one that replaces a key, are found", () => {
  const [first, other] = [upload(1, [key(1)]), [key(1, 2)]];
  expect([first, claim(3, key(1)), upload(5, other, { outcome: "clash" })], /^K4: .*nothing clashes/);
  expect([first, upload(3, other, { outcome: "clash" })]);
  expect([first, upload(3, other)], /^K4: .*replaces/);
  expect([first, claim(3, key(1)), upload(5, other)]);
  expect([first, claim(3, "unknown"), upload(5, other)]);
});

test("S1: a count outside of what is possible is found", () => {
  const keys = [upload(1, [key(1), key(2), key(3)]), claim(3, key(1)), claim(5, "unknown")];
  for (const count of [1, 2]) expect([...keys, ...syncs({ began: 7, count })]);
  for (const count of [0, 3]) expect([...keys, ...syncs({ began: 7, count })], /^S1: .*from 1 to 2 are possible/);
  expect([...keys, ...syncs({ began: 7, count: Number.NaN })], /^S1: .*counts NaN/);
});

test("K10: a wrong count at rest, and keys that are gone, are found", () => {
  const rest = { kind: "rest", device: alice, counted: 1, given: 1, countedAfter: 0 } as const;
  const history = [upload(1, [key(1), key(2)]), claim(3, "unknown"), claim(5, key(2))];
  expect([...history, rest]);
  expect([...history, { ...rest, counted: 2 }], /^K10: .*told 2 keys at rest, but has given 1/);
  expect([...history, { ...rest, countedAfter: 1 }], /^K10: .*when it has none/);
  const [stored, , given] = history as [Entry, Entry, Entry];
  expect([stored, given, rest], /^K10: 1 keys of .* were never given, and 0 claims/);
});

test("S3: a message that is lost is found by the first sync that should have had it, and once", () => {
  const history = [send(3, 1), send(5, 2)];
  expect(
    [...history, ...syncs({ began: 1 }, { began: 7, messages: [2] }, { began: 9 })],
    /^S3: .*at 7-8 lacks message 1/,
  );
  expect([...history, ...syncs({ began: 1 }, { began: 4, messages: [] }, { began: 7, messages: [1, 2] })]);
});

test("S3: a message that comes again, twice, from nobody, or too early is found", () => {
  const first = { began: 1 };
  expect(
    [send(3, 1), ...syncs(first, { began: 5, messages: [1] }, { began: 7, messages: [1] })],
    /^S3: .*at 7-8 has message 1, which it shows to have received/,
  );
  expect([send(3, 1), ...syncs(first, { began: 5, messages: [1, 1] })], /^S3: .*message 1 twice/);
  expect([send(3, 1), ...syncs(first, { began: 5, messages: [1, 9] })], /^S3: .*message 9 .*not sent to it/);
  expect([send(3, 1, { recipients: [bob] }), ...syncs(first, { began: 5, messages: [1] })], /^S3: .*not sent to it/);
  expect([send(9, 1), ...syncs(first, { began: 5, messages: [1] }, { began: 12 })], /^S3: .*before it was sent/);
});

test("S3: asked again with the same token, the same comes again, and what is new behind it", () => {
  const again = { since: "s0", next: "s1" };
  const sends = [send(3, 1), send(5, 2)];
  const right = [{ began: 1 }, { began: 7, messages: [1, 2] }, { ...again, began: 9, messages: [1, 2] }, { began: 11 }];
  expect([...sends, ...syncs(...right.slice(0, 3), { began: 11, since: "s1" })]);
  expect(
    [...sends, ...syncs({ began: 1 }, { began: 7, messages: [1, 2] }, { ...again, began: 9, messages: [2] })],
    ...[/^S3: .*asked again, has 2 where 1 was/, /^S3: .*at 9-10 lacks message 1/],
  );
});

test("S3: messages against the order of their sends, or in another order elsewhere, are found", () => {
  const both = { recipients: [alice, laptop] };
  expect(
    [send(3, 1), send(5, 2), ...syncs({ began: 1 }, { began: 7, messages: [2, 1] })],
    /^S3: .*received 1 \(sent at 3-4\) after 2 \(sent at 5-6\)/,
  );
  const atOnce = [send(3, 1, { ...both, ended: 6 }), send(4, 2, { ...both, ended: 5 })];
  const ofAlice = syncs({ began: 1 }, { began: 7, messages: [2, 1] });
  const ofLaptop = (messages: number[]) => syncs({ began: 1, device: laptop }, { began: 9, messages, device: laptop });
  expect([...atOnce, ...ofAlice, ...ofLaptop([2, 1])]);
  expect([...atOnce, ...ofAlice, ...ofLaptop([1, 2])], /^S3: devices received the same messages in different orders/);
});

test("S5, C8: a wait that is slept through to its end is found, whatever should have ended it", () => {
  const waited = { began: 2, ended: 9, endedAt: 1000, timeout: 1000, timedOut: true };
  const late = { began: 3, ended: 4, endedAt: 100 };
  const first = { began: 1, ended: 1.5 };
  expect([send(3, 1, late), ...syncs(first, { ...waited, messages: [1] })], /^S5: .*slept through message 1/);
  expect([send(3, 1, { ...late, endedAt: 900 }), ...syncs(first, { ...waited, messages: [1] })]);
  const register = accountDataRegister("@alice:localhost", "a");
  const accountData = [["a", "v"]] as const;
  expect(
    [{ kind: "write", register, value: "v", ...late }, ...syncs(first, { ...waited, accountData })],
    /^S5: .*slept through "v" in/,
  );
  expect([upload(3, [], { ...late, device: bob, version: "v1" }), ...syncs(first, waited)], /^S5: .*device keys v1/);
  expect(
    [
      upload(0, [key(1)], { ended: 0.5 }),
      { ...claim(3, key(1)), ...late } as Entry,
      ...syncs({ ...first, count: 1 }, { ...waited, count: 0 }),
    ],
    /^S5: .*slept through a claim/,
  );
});

test("X6: a change that is not told is found; who has not met is told nothing", () => {
  const change = upload(7, [], { device: bob, version: "v1" });
  const meeting: Entry = { kind: "meeting", users: ["@alice:localhost", "@bob:localhost"], began: 3, ended: 4 };
  const silent = (began: number) => ({ began, changed: [] });
  const met = [{ began: 1 }, { began: 5 }];
  expect([meeting, change, ...syncs(...met, { began: 9 })]);
  expect([meeting, change, ...syncs(...met, silent(9))], /^X6: .*at 9-10 does not tell that @bob.* changed at 7-8/);
  expect([change, ...syncs({ began: 1 }, silent(9))]);
  expect([meeting, ...syncs({ began: 1 }, silent(5))], /^X6: .*they have met/);
});

test("X6: a change that overlaps the answers before it may be told by them or by the next one", () => {
  const change = upload(4, [], { device: laptop, version: "v1", ended: 8 });
  const own = { changed: ["@alice:localhost"] };
  expect([change, ...syncs({ began: 1 }, { began: 6, ...own }, { began: 9, changed: [] })]);
  expect([change, ...syncs({ began: 1 }, { began: 6, changed: [] }, { began: 9, ...own })]);
  expect([change, ...syncs({ began: 1 }, { began: 6, changed: [] }, { began: 9, changed: [] })], /^X6: .*at 9-10/);
  expect([change, ...syncs({ began: 1 }, { began: 3, ended: 3.5, ...own }, { began: 9, changed: [] })], /^X6: /);
});

test("E4, Q2, S5: what is read is what was written last", () => {
  const register = accountDataRegister("@alice:localhost", "a");
  const write = (began: number, value: string, ended = began + 1): Entry => {
    return { kind: "write", register, value, began, ended, endedAt: 0 };
  };
  const read = (began: number, value: string | undefined, of = register): Entry => {
    return { kind: "read", register: of, value, began, ended: began + 1 };
  };
  expect([write(1, "x"), write(3, "y"), read(5, "y")]);
  expect([write(1, "x"), write(3, "y"), read(5, "x")], /^E4: .*"x", though "y" was written after it/);
  expect([write(1, "x"), read(3, undefined)], /^E4: .*nothing, though "x"/);
  expect([write(1, "x"), read(3, "z")], /^E4: .*"z", which nobody wrote/);
  expect([read(1, "x"), write(3, "x")], /^E4: .*"x" before it was written/);
  expect([write(1, "x"), write(3, "y", 20), read(5, "y"), read(7, "x")], /^E4: .*at 7-8: "x", though "y"/);
  const told = (value: string) => ({ accountData: [["a", value] as const] });
  expect([write(1, "x"), write(5, "y"), ...syncs({ began: 3, ...told("x") }, { began: 7, ...told("y") })]);
  expect([write(1, "x"), write(5, "y"), ...syncs({ began: 3, ...told("x") }, { began: 7 })], /^E4: .*at 7-8: "x"/);
  const versions = [upload(1, [], { version: "v1" }), upload(3, [], { version: "v2" })];
  expect([...versions, read(5, "v1", deviceKeysRegister(alice))], /^E4: device keys .*"v1", though "v2"/);
});

test("X2, E4: two winners, none, and another one found than has won are found", () => {
  const attempt = (candidate: string, outcome: "won" | "lost", unsure = false) => ({ candidate, outcome, unsure });
  const contest = (attempts: ReturnType<typeof attempt>[], ...found: string[]): Entry => {
    return { kind: "contest", rule: "X2", name: "keys", attempts, found, began: 1, ended: 2 };
  };
  const [won, lost] = [attempt("a", "won"), attempt("b", "lost")];
  expect([contest([won, lost], "a", "a")]);
  expect([contest([attempt("a", "lost", true), lost], "a")]);
  expect([contest([won, attempt("b", "won")], "a")], /^X2: keys: a and b have won/);
  expect([contest([attempt("a", "lost"), lost])], /^X2: keys: nobody has won/);
  expect([contest([won, lost], "b")], /^X2: keys: b is found, not a/);
  expect([contest([won, lost], "a", "b")], /^X2: keys: a and b are found at once/);
});

test("E2: an answer that no client should get is reported", () => {
  expect([{ kind: "mishap", what: "PUT /x answered 500", began: 1, ended: 2 }], /^E2: PUT \/x answered 500 at 1-2/);
});
