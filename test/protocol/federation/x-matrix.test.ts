import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  parseXMatrix,
  requestObject,
  signRequest,
  writeXMatrix,
  type XMatrix,
} from "../../../src/protocol/federation/x-matrix.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { signingBytes, verifySignatureText } from "../../../src/protocol/signed-json.ts";
import { canonicalValues } from "../arbitrary-json.ts";
import { seedSigner, specSeed } from "./seed-signer.ts";

const origin = "origin.hs.example.com" as ServerName;
const destination = "destination.hs.example.com" as ServerName;
const example: XMatrix = { origin, destination, keyId: "ed25519:key1", signature: "ABCDEF..." };

// https://spec.matrix.org/v1.19/server-server-api/#request-authentication
const exampleText = `X-Matrix origin="${origin}",destination="${destination}",key="ed25519:key1",sig="ABCDEF..."`;

test("the specification's example is read, and written", () => {
  assert.deepEqual(parseXMatrix(exampleText), example);
  assert.equal(writeXMatrix({ ...example, destination }), exampleText);
});

test("the specification's example is signed over method, target, both servers and content", () => {
  const request = { method: "POST", uri: "/target", origin, destination, content: { a: 1 } };
  assert.deepEqual(requestObject(request), request);
  const without = requestObject({ ...request, content: undefined });
  assert.deepEqual(Object.keys(without), ["method", "uri", "origin", "destination"]);
  const key = seedSigner("ed25519:1", specSeed);
  const header = parseXMatrix(signRequest(request, key));
  assert.deepEqual({ ...header, signature: "" }, { origin, destination, keyId: "ed25519:1", signature: "" });
  const canonical = `{"content":{"a":1},"destination":"${destination}","method":"POST","origin":"${origin}","uri":"/target"}`;
  assert.ok(verifySignatureText(Buffer.from(canonical), header?.signature ?? "", key.publicKey));
});

const accepted: [string, string, XMatrix?][] = [
  ["names in capitals", exampleText.replace("origin=", "ORIGIN=").replace("sig=", "Sig=")],
  ["the scheme in small letters", exampleText.replace("X-Matrix", "x-matrix")],
  ["more spaces after the scheme", exampleText.replace(" ", "   ")],
  ["blanks and tabs around commas", exampleText.replaceAll(",", " \t, \t")],
  ["blanks around equals signs", exampleText.replaceAll("=", " = ")],
  ["empty elements of the list", `${exampleText.replace(" ", " , ,").replaceAll(",", ",,")} , `],
  ["another order", `X-Matrix sig="ABCDEF...",key="ed25519:key1",destination="${destination}",origin="${origin}"`],
  [
    "tokens without quotes, with colons",
    `X-Matrix origin=${origin},destination=${destination},key=ed25519:key1,sig=ABCDEF...`,
  ],
  ["escapes", exampleText.replace("origin.", "\\o\\rigin\\.").replace("key1", "\\key1")],
  ["unknown parameters", `${exampleText},realm="a, \\"b\\" = c",x=y`],
  ["no destination", exampleText.replace(/destination=[^,]*,/, ""), { ...example, destination: undefined }],
  [
    "an IPv6 address with a port",
    exampleText.replace(origin, "[::1]:8448"),
    { ...example, origin: "[::1]:8448" as ServerName },
  ],
];

for (const [what, header, expected = example] of accepted) {
  test(`read: ${what}`, () => assert.deepEqual(parseXMatrix(header), expected));
}

const refused: [string, string][] = [
  ["nothing", ""],
  ["another scheme", exampleText.replace("X-Matrix", "Bearer")],
  ["no space after the scheme", exampleText.replace("X-Matrix ", "X-Matrix")],
  ["no parameters", "X-Matrix "],
  ["a parameter given twice", `${exampleText},origin="${origin}"`],
  ["a parameter given twice in other letters", `${exampleText},ORIGIN="other.example"`],
  ["an unknown parameter given twice", `${exampleText},x=1,X=1`],
  ["no origin", exampleText.replace(/origin=[^,]*,/, "")],
  ["no key", exampleText.replace(/key=[^,]*,/, "")],
  ["no signature", exampleText.replace(/,sig=.*/, "")],
  ["an origin that is no server name", exampleText.replace(origin, "a/b")],
  ["a destination that is no server name", exampleText.replace(destination, "")],
  ["a key of another algorithm", exampleText.replace("ed25519:key1", "rsa:key1")],
  ["a key without a version", exampleText.replace("ed25519:key1", "ed25519:")],
  ["a quote that does not end", `${exampleText},x="`],
  ["a backslash at the end", `${exampleText},x="\\`],
  ["no comma", exampleText.replace(",", " ")],
  ["text after a value", exampleText.replace('",', '"x,')],
  ["blanks in a token", exampleText.replace('"ed25519:key1"', "ed25519 :key1")],
  ["a control character in quotes", exampleText.replace("ABC", "A\u0001BC")],
  ["a header without an end", `${exampleText},x="${"\\a".repeat(4096)}"`],
];

for (const [what, header] of refused) {
  test(`refused: ${what}`, () => assert.equal(parseXMatrix(header), undefined));
}

const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const servers = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 4 }), fc.option(fc.nat(65_535), { nil: undefined }))
  .map(([labels, port]) => `${labels.join(".")}${port === undefined ? "" : `:${port}`}` as ServerName);
const keyIds = fc.stringMatching(/^[A-Za-z0-9_]{1,30}$/).map((version) => `ed25519:${version}`);

test("what is written is read again", () => {
  const headers = fc.record({ origin: servers, destination: servers, keyId: keyIds, signature: fc.base64String() });
  fc.assert(fc.property(headers, (header) => assert.deepEqual(parseXMatrix(writeXMatrix(header)), { ...header })));
});

test("what is signed verifies, and nothing else", () => {
  const key = seedSigner("ed25519:1");
  const requests = fc.record({
    ...{ method: fc.constantFrom("GET", "PUT", "POST"), uri: fc.webPath(), origin: servers, destination: servers },
    content: fc.option(fc.dictionary(fc.string(), canonicalValues), { nil: undefined }),
  });
  const verifies = (request: Parameters<typeof requestObject>[0], signature: string) =>
    verifySignatureText(signingBytes(requestObject(request)), signature, key.publicKey);
  fc.assert(
    fc.property(requests, (request) => {
      const { signature } = parseXMatrix(signRequest(request, key)) ?? { signature: "" };
      assert.ok(verifies(request, signature));
      assert.equal(verifies({ ...request, uri: `${request.uri}?` }, signature), false);
      assert.equal(verifies({ ...request, content: { ...request.content, "another member": 1 } }, signature), false);
    }),
    { numRuns: 50 },
  );
});

test("E2: no text makes it throw", () => {
  const pieces = fc.constantFrom(
    "X-Matrix ",
    "origin",
    "=",
    '"',
    "\\",
    ",",
    " ",
    "\t",
    "a.example",
    "key",
    ":",
    "\u00ff",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(pieces).map((parts) => `X-Matrix ${parts.join("")}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      parseXMatrix(text);
      parseXMatrix(`${exampleText},${text}`);
    }),
  );
});

test("E2: the longest headers take no time to speak of", () => {
  const before = process.threadCpuUsage();
  for (const part of ['\\"', "a=", ",", " ", '="', "a", ' ,\t"']) {
    const text = part.repeat(4096).slice(0, 4000);
    for (const header of [`X-Matrix ${text}`, `X-Matrix a="${text}`, `X-Matrix a=${text}`]) parseXMatrix(header);
  }
  // What other processes do to the clock is not in it.
  assert.ok(process.threadCpuUsage(before).user < 5_000_000);
});
