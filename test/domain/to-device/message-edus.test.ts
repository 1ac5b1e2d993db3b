import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "../../../src/adapters/system/system-random.ts";
import { type AddressedContents, messageEdus } from "../../../src/domain/federation-out/queue-messages.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { serverNameOf, type UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { seededNumbers } from "../../crash/seeded-numbers.ts";
import { alice } from "../../stores/owners.ts";

const longestEdu = 65_000;
const from = { sender: alice, type: 'm."quoted"' };

interface Message {
  readonly userId: string;
  readonly deviceId: string;
  /** JSON text. */
  readonly content: string;
}

function messagesFor(server: ServerName, addressed: readonly AddressedContents[]): Message[] {
  return addressed
    .filter(({ userId }) => serverNameOf(userId) === server)
    .flatMap(({ userId, contents }) => Array.from(contents, ([deviceId, content]) => ({ userId, deviceId, content })));
}

function messagesIn(edu: string): Message[] {
  const { messages } = JSON.parse(edu).content as { messages: Record<string, Record<string, object>> };
  return Object.entries(messages).flatMap(([userId, devices]) =>
    Object.entries(devices).map(([deviceId, content]) => ({ userId, deviceId, content: JSON.stringify(content) })),
  );
}

/** Requests of all sizes: a few users or many, contents from a few bytes to the longest, of one byte a character or three. */
function anyRequest(next: () => number): AddressedContents[] {
  const upTo = (most: number) => Math.floor(next() * most);
  const longest = 10 ** (1 + 4 * next());
  const textOf = (length: number) => (next() < 0.5 ? "x" : "\u9375").repeat(length);
  return Array.from({ length: 1 + upTo(12) }, (_, user) => ({
    userId: `@u${user}${textOf(upTo(60)).replaceAll("\u9375", "y")}:s${upTo(3)}.example` as UserId,
    contents: new Map(
      Array.from({ length: 1 + upTo(6) }, (__, device): [DeviceId | "*", string] => [
        device === 0 ? "*" : (`D"${device}` as DeviceId),
        JSON.stringify({ body: textOf(upTo(Math.min(longest, 65_000))) }),
      ]),
    ),
  }));
}

test("X6: each content is in one EDU for its server, in order, and an EDU is longer than 65,000 bytes only for one content", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const addressed = anyRequest(seededNumbers(seed));
    const edus = messageEdus(from, addressed, systemRandom);
    assert.deepEqual(new Set(edus.keys()), new Set(addressed.map(({ userId }) => serverNameOf(userId))));
    const ids = new Set<string>();
    for (const [server, texts] of edus) {
      const expected = messagesFor(server, addressed);
      assert.deepEqual(texts.flatMap(messagesIn), expected, `seed ${seed}`);
      let last = Infinity;
      for (const text of texts) {
        const { edu_type: type, content } = JSON.parse(text);
        assert.deepEqual([type, content.sender, content.type], ["m.direct_to_device", from.sender, from.type]);
        assert.ok([...content.message_id].length <= 32);
        ids.add(content.message_id);
        const bytes = Buffer.byteLength(text);
        assert.ok(bytes <= longestEdu || messagesIn(text).length === 1, `seed ${seed}: ${bytes} bytes`);
        // No two that follow each other would have been one.
        assert.ok(last + bytes > longestEdu, `seed ${seed}: ${last} and ${bytes} bytes`);
        last = bytes;
      }
    }
    assert.equal(ids.size, [...edus.values()].flat().length);
  }
});

test("an EDU may have 65,000 bytes exactly", () => {
  const edusWith = (length: number) => {
    const userId = "@zoe:there.example" as UserId;
    const contents = new Map([
      ["A" as DeviceId, '{"a":1}'],
      ["B" as DeviceId, JSON.stringify({ b: "x".repeat(length) })],
    ]);
    return messageEdus({ sender: alice, type: "m.test" }, [{ userId, contents }], systemRandom).values().toArray()[0];
  };
  const [one = ""] = edusWith(1000) ?? [];
  // Each part is counted with its user's name, which is in the EDU once.
  const longest = 1000 + longestEdu - Buffer.byteLength(one) - '"@zoe:there.example":{}'.length;
  assert.equal(edusWith(longest)?.length, 1);
  assert.equal(edusWith(longest + 1)?.length, 2);
});
