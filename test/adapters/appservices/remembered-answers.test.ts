import assert from "node:assert/strict";
import { test } from "node:test";
import { RememberedAnswers } from "../../../src/adapters/appservices/remembered-answers.ts";
import type { AppserviceFailure } from "../../../src/domain/appservices/appservice-gateway.ts";
import { appservicesOf, registration } from "../../domain/appservice-feed/registrations.ts";
import { HandClock } from "../../domain/open-house.ts";
import { userNamed } from "../../stores/owners.ts";

const [bridge, other] = appservicesOf(registration("bridge"), registration("other")).all;
const ghost = userNamed("bridge_ghost");
const failure: AppserviceFailure = { kind: "timeout", error: "no answer" };

function asking(answer: () => Promise<boolean | AppserviceFailure>) {
  const clock = new HandClock();
  const asked: string[] = [];
  const users = new RememberedAnswers((appservice, userId) => {
    asked.push(`${appservice.id} ${userId}`);
    return answer();
  }, clock);
  return { users, clock, asked };
}

test("questions at once for one user are one question; others are asked for themselves", async () => {
  const answer = Promise.withResolvers<boolean>();
  const { users, asked } = asking(() => answer.promise);
  const answers = [users.ask(bridge!, ghost), users.ask(bridge!, ghost), users.ask(other!, ghost)];
  answers.push(users.ask(bridge!, userNamed("bridge_other")));
  assert.deepEqual(asked, [`bridge ${ghost}`, `other ${ghost}`, `bridge ${userNamed("bridge_other")}`]);
  answer.resolve(true);
  assert.deepEqual(await Promise.all(answers), [true, true, true, true]);
});

test("a no and a failure stand for a minute, a yes for nobody after it", async () => {
  for (const said of [false, failure]) {
    const { users, clock, asked } = asking(async () => said);
    for (let time = 0; time < 3; time++) assert.deepEqual(await users.ask(bridge!, ghost), said);
    clock.advance(59_999);
    await users.ask(bridge!, ghost);
    assert.equal(asked.length, 1);
    clock.advance(1);
    await users.ask(bridge!, ghost);
    assert.equal(asked.length, 2);
  }
  const { users, asked } = asking(async () => true);
  for (let time = 0; time < 3; time++) assert.equal(await users.ask(bridge!, ghost), true);
  assert.equal(asked.length, 3);
});
