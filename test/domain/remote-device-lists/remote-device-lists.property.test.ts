import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import type { RemoteAnswer } from "../../../src/domain/federation-out/remote-answer.ts";
import { type KeyUpdate, OtherServer, publicKey } from "./other-server.ts";
import { openRemoteHouse, type RemoteHouse } from "./remote-house.ts";

const device = fc.constantFrom("A", "B", "C");
const seed = fc.constantFrom("1", "2", "3");
const place = fc.nat({ max: 7 });

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("set" as const), device, seed }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), device }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sign" as const), seed }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("deliver" as const), place, again: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const), place }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("fetch" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("answer" as const), isLate: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), hours: fc.constantFrom(0, 1, 400) }) },
);

/** What goes on between the two servers, and what a client here knows that asks for keys when it is told to. */
class Story {
  readonly #house: RemoteHouse;
  readonly #server = new OtherServer();
  readonly #underWay: KeyUpdate[] = [];
  #fetch:
    | { readonly early: RemoteAnswer; answer(answer: RemoteAnswer): void; readonly end: Promise<unknown> }
    | undefined;
  #clientKnows: Record<string, string> = {};
  #clientPosition = 0;

  constructor(house: RemoteHouse, promises: boolean) {
    this.#house = house;
    if (!promises) this.#server.followedFor = undefined;
  }

  async begin(): Promise<void> {
    await this.#house.meet();
    await this.#house.track();
  }

  async step(step: typeof stepType): Promise<void> {
    const server = this.#server;
    if (step.do === "set") this.#underWay.push(server.setDevice(step.device, step.seed));
    if (step.do === "remove") this.#underWay.push(server.removeDevice(step.device));
    if (step.do === "sign") this.#underWay.push(server.setCrossSigning(step.seed));
    if (step.do === "deliver") await this.#deliver(step.place, step.again);
    if (step.do === "lose") this.#lose(step.place);
    if (step.do === "fetch") await this.#beginFetch();
    if (step.do === "answer") await this.#endFetch(step.isLate);
    if (step.do === "wait") this.#house.clock.advance(step.hours * 3600_000 + 2001);
    await this.#sync();
  }

  /** What was sent arrives, the one after it shows what was lost, and what is due is fetched. */
  async end(): Promise<void> {
    await this.#endFetch(true);
    this.#underWay.push(this.#server.setDevice("LAST", "1"));
    while (this.#underWay.length > 0) await this.#deliver(0, false);
    this.#house.clock.advance(2001);
    for (let fetches = 0; await this.#beginFetch(); fetches++) {
      assert.ok(fetches < 3, "it is fetched again and again");
      await this.#endFetch(false);
      this.#house.clock.advance(2001);
    }
    await this.#sync();
    assert.deepEqual(await this.#house.kept(), this.#expected());
    assert.equal((await this.#house.list())?.isFresh, true);
  }

  async #deliver(place: number, again: boolean): Promise<void> {
    const at = Math.min(place, this.#underWay.length - 1);
    const update = this.#underWay[at];
    if (!update) return;
    if (!again) this.#underWay.splice(at, 1);
    await this.#house.deliver(update);
  }

  /** Nothing tells that cross-signing keys were lost: there a transaction is sent until it is taken. */
  #lose(place: number): void {
    if (this.#underWay[place]?.type === "m.device_list_update") this.#underWay.splice(place, 1);
  }

  /** As the worker does: one at a time, when it is due. */
  async #beginFetch(): Promise<boolean> {
    const { clock, resync } = this.#house;
    const list = await this.#house.list();
    if (this.#fetch || list?.nextResyncAt === undefined || list.nextResyncAt > clock.now()) return false;
    const { promise, resolve } = Promise.withResolvers<RemoteAnswer>();
    this.#fetch = { early: this.#server.answer(clock.now()), answer: resolve, end: resync(() => promise, list) };
    return true;
  }

  /** The other server may have made its answer when it was asked, or only now. */
  async #endFetch(isLate: boolean): Promise<void> {
    const fetch = this.#fetch;
    if (!fetch) return;
    fetch.answer(isLate ? fetch.early : this.#server.answer(this.#house.clock.now()));
    await fetch.end;
    this.#fetch = undefined;
  }

  async #sync(): Promise<void> {
    if (await this.#house.hears(this.#clientPosition)) this.#clientKnows = await this.#house.kept();
    this.#clientPosition = await this.#house.position();
    assert.deepEqual(this.#clientKnows, await this.#house.kept(), "a client was not told");
  }

  #expected(): Record<string, string> {
    const crossSigning = [...this.#server.crossSigning].map(([usage, keySeed]) => [usage, publicKey(keySeed)]);
    return Object.fromEntries([...this.#server.devices, ...crossSigning]);
  }
}

declare const stepType: typeof step extends fc.Arbitrary<infer Step> ? Step : never;

test("Q4: whatever is lost, repeated, late or under way, in the end the list is what its server has", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, promises) => {
      const cleanups: (() => Promise<void>)[] = [];
      const after = (cleanup: () => Promise<void>) => void cleanups.push(cleanup);
      try {
        const story = new Story(await openRemoteHouse({ after } as unknown as TestContext), promises);
        await story.begin();
        for (const one of steps) await story.step(one);
        await story.end();
      } finally {
        for (const cleanup of cleanups) await cleanup();
      }
    }),
    { numRuns: 60 },
  );
});
