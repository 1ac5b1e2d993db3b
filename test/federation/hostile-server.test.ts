import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hostileCases } from "./hostile-cases.ts";
import { HostileHouse } from "./hostile-house.ts";

const house = await HostileHouse.open();
after(() => house.close());

for (const { name, run } of hostileCases) {
  test(name, async (t) => {
    const { result, rounds } = await house.during(run(house));
    assert.ok(rounds > 0);
    t.diagnostic(`${name}: ${result.outcome}; ${result.figure}; meanwhile ${rounds} rounds of honest requests`);
  });
}
