import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { askPassword } from "../../src/cli/ask-password.ts";

/** A terminal on which somebody types; `rawModes` tells whether it still echoes. */
function terminal(typed: string) {
  const rawModes: boolean[] = [];
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => rawModes.push(raw) });
  keyboard.end(typed);
  const screen = new PassThrough({ encoding: "utf8" });
  return { keyboard, screen, rawModes };
}

test("a password is asked for twice and never shown", async () => {
  const { keyboard, screen, rawModes } = terminal("sesame\rsesame\r");
  assert.equal(await askPassword(keyboard, screen), "sesame");
  assert.equal(screen.read(), "Password: \nThe same again: \n");
  assert.deepEqual(rawModes, [true, false]);
});

test("what was typed wrong can be taken back", async () => {
  const { keyboard, screen } = terminal("sesamx\u007fe\rsesame\r");
  assert.equal(await askPassword(keyboard, screen), "sesame");
});

test("two different passwords are refused", async () => {
  const { keyboard, screen } = terminal("sesame\rsimsim\r");
  await assert.rejects(askPassword(keyboard, screen), /^InputError: the two passwords differ$/);
});

test("without a terminal the first line is the password, and no prompt is shown", async () => {
  const input = new PassThrough();
  input.end("open sesame\nrest\n");
  const screen = new PassThrough({ encoding: "utf8" });
  assert.equal(await askPassword(input, screen), "open sesame");
  assert.equal(screen.read(), null);
});

test("an input that ends without a line is refused", async () => {
  const input = new PassThrough();
  input.end();
  await assert.rejects(askPassword(input, new PassThrough()), /^InputError: no password was given$/);
});
