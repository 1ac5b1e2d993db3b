import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JudgedEvent } from "../../../../src/domain/rooms/authorisation/auth-event.ts";
import { type RoomVersionId, roomVersionIds } from "../../../../src/protocol/events/room-version.ts";
import type { UserId } from "../../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../../src/protocol/json.ts";
import { admin, creator, deputy, JudgedRoom, member, moderator, stranger } from "./judged-room.ts";
import { type Act, acts, firstLevels, firstMemberships, joinRule, patched } from "./random-acts.ts";

const seed = Number(process.env["CLAVIGER_TEST_SEED"] ?? 20_261_121);
const runs = Number(process.env["CLAVIGER_FUZZ_RUNS"] ?? 300);

const users: UserId[] = [creator, admin, moderator, deputy, member, stranger];

/** A level as the specification says it, by this path; read here anew, not as the server reads it. */
function levelAt(levels: JsonObject, ...path: string[]): number | undefined {
  let value: unknown = levels;
  for (const name of path) value = value === undefined ? undefined : (value as JsonObject)[name];
  return value as number | undefined;
}

/** Every level that is written down, by its path. */
function written(levels: JsonObject): Map<string, number> {
  const all = new Map<string, number>();
  for (const [name, value] of Object.entries(levels)) {
    if (typeof value === "number") all.set(name, value);
    else for (const [entry, level] of Object.entries(value as JsonObject)) all.set(`${name} ${entry}`, level as number);
  }
  return all;
}

/** A room in which acts are tried; whatever is accepted must be right by what it was before. */
class Story {
  readonly room: JudgedRoom;
  readonly accepted: Map<string, number>;

  constructor(version: RoomVersionId, first: JsonObject, accepted: Map<string, number>) {
    this.room = new JudgedRoom(version);
    this.room.put("m.room.power_levels", "", creator, first);
    this.accepted = accepted;
  }

  get #levels(): JsonObject {
    return structuredClone(this.room.find("m.room.power_levels", "")?.content ?? {});
  }

  #isCreator(user: string): boolean {
    return this.room.version.id === "12" && user === creator;
  }

  #power(user: string): number {
    if (this.#isCreator(user)) return Number.POSITIVE_INFINITY;
    return levelAt(this.#levels, "users", user) ?? levelAt(this.#levels, "users_default") ?? 0;
  }

  #needed(action: "invite" | "kick" | "ban"): number {
    return levelAt(this.#levels, action) ?? (action === "invite" ? 0 : 50);
  }

  #membership(user: string): string {
    return (this.room.find("m.room.member", user)?.content["membership"] as string | undefined) ?? "leave";
  }

  /** The most power that anybody has, or would have who came. */
  #highest(): number {
    const others = users.filter((user) => !this.#isCreator(user));
    return Math.max(levelAt(this.#levels, "users_default") ?? 0, ...others.map((user) => this.#power(user)));
  }

  try(one: Act): void {
    const event = this.#eventOf(one);
    if (this.room.judge(event) !== undefined) return;
    const kind = event.type === "m.room.member" ? `${event.content["membership"]}` : event.type;
    this.accepted.set(kind, (this.accepted.get(kind) ?? 0) + 1);
    if (event.type === "m.room.member") this.#checkMembership(event);
    else this.#checkMembersEvent(event);
    if (event.type === "m.room.power_levels") this.#checkLevels(event);
    const highest = this.#highest();
    const powers = users.map((user) => this.#power(user));
    this.room.put(event.type, event.stateKey ?? "", event.sender, event.content);
    if (!this.#isCreator(event.sender)) {
      assert.ok(this.#highest() <= highest, "power came from nowhere");
    }
    if (event.type !== "m.room.power_levels") {
      assert.deepEqual(
        powers,
        users.map((user) => this.#power(user)),
        "only levels change power",
      );
    }
  }

  #eventOf(one: Act): JudgedEvent {
    const sender = users[one.sender] as UserId;
    if (one.kind === "name") return this.room.stateEvent("m.room.name", "", sender, { name: "n" });
    if (one.kind === "rule") return this.room.stateEvent("m.room.join_rules", "", sender, { join_rule: one.rule });
    if (one.kind === "levels") {
      return this.room.stateEvent("m.room.power_levels", "", sender, patched(this.#levels, one.patches, users));
    }
    const target = one.target === undefined ? sender : users[one.target];
    const authoriser = one.authoriser === undefined ? undefined : users[one.authoriser];
    const by = one.membership === "join" && authoriser ? { join_authorised_via_users_server: authoriser } : {};
    return this.room.membership(sender, one.membership, target, by);
  }

  #checkMembership({ sender, stateKey: target = "", content }: JudgedEvent): void {
    const { membership } = content;
    const [own, before] = [this.#membership(sender), this.#membership(target)];
    const power = this.#power(sender);
    if (membership === "join" || membership === "knock") {
      assert.equal(sender, target, "somebody acted for somebody else");
      assert.notEqual(before, "ban", "a ban was got round");
      if (membership === "join") this.#checkEntry(target, before, content["join_authorised_via_users_server"]);
      return;
    }
    if (membership === "leave" && sender === target) {
      assert.notEqual(before, "ban", "a ban was lifted by the banned");
      return;
    }
    assert.equal(own, "join", "who is not in the room acted in it");
    if (membership === "invite") {
      assert.ok(power >= this.#needed("invite"));
      assert.ok(before !== "ban" && before !== "join");
      return;
    }
    assert.ok(power > this.#power(target), "somebody was removed by one of not greater power");
    assert.ok(power >= this.#needed(membership === "ban" ? "ban" : "kick"));
    if (before === "ban" && membership === "leave") assert.ok(power >= this.#needed("ban"));
  }

  #checkEntry(user: string, before: string, authoriser: unknown): void {
    const rule = this.room.find("m.room.join_rules", "")?.content["join_rule"];
    if (rule === "public" || before === "join" || before === "invite") return;
    assert.ok(rule === "restricted" || rule === "knock_restricted", `${user} came in uninvited`);
    assert.equal(this.#membership(String(authoriser)), "join");
    assert.ok(this.#power(String(authoriser)) >= this.#needed("invite"));
  }

  #checkMembersEvent({ type, sender }: JudgedEvent): void {
    assert.equal(this.#membership(sender), "join", "who is not in the room acted in it");
    const needed = levelAt(this.#levels, "events", type) ?? levelAt(this.#levels, "state_default") ?? 50;
    assert.ok(this.#power(sender) >= needed, "somebody acted above their power");
  }

  #checkLevels({ sender, content }: JudgedEvent): void {
    const power = this.#power(sender);
    const [before, after] = [written(this.#levels), written(content)];
    for (const path of new Set([...before.keys(), ...after.keys()])) {
      const [old, set] = [before.get(path), after.get(path)];
      if (old === set) continue;
      assert.ok(set === undefined || set <= power, `${path} was set above the power of who set it`);
      const isOthers = path.startsWith("users ") && path !== `users ${sender}`;
      const touchable = old === undefined || (isOthers ? old < power : old <= power);
      assert.ok(touchable, `${path} was above who changed it`);
    }
  }
}

for (const version of roomVersionIds) {
  test(`auth v${version}: no history of accepted events lets anybody act above their power`, (t) => {
    t.diagnostic(`CLAVIGER_TEST_SEED=${seed}`);
    const accepted = new Map<string, number>();
    const beginning = fc.record({ levels: firstLevels, memberships: firstMemberships, rule: joinRule });
    const property = fc.property(beginning, acts, ({ levels, memberships, rule }, tried) => {
      const { users: powers, powerLevels, ...others } = levels;
      const entries = powers.flatMap((power, n) => (power === undefined ? [] : [[users[n] as string, power] as const]));
      const allowed = entries.filter(([user]) => version !== "12" || user !== creator);
      const events = { "m.room.power_levels": powerLevels };
      const story = new Story(version, { users: Object.fromEntries(allowed), events, ...others }, accepted);
      story.room.setJoinRule(rule);
      for (const [n, membership] of memberships.entries()) story.room.setMember(users[n] as UserId, membership);
      for (const one of tried) story.try(one);
    });
    fc.assert(property, { seed, numRuns: runs });
    // Every kind of event was accepted at times, so that the above was looked at.
    const kinds = [
      "join",
      "invite",
      "leave",
      "ban",
      "knock",
      "m.room.power_levels",
      "m.room.join_rules",
      "m.room.name",
    ];
    for (const kind of kinds) assert.ok((accepted.get(kind) ?? 0) > 0, `no ${kind} was accepted`);
  });
}
