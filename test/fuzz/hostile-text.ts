/** JSON texts that stand where another value is expected. */
export const hostileValues: readonly string[] = [
  ...["null", "true", "0", "-0", "-1", "1.5", "1e400", "-1e400", "9007199254740993", "12345678901234567890"],
  ...['""', '" "', '"\\u0000"', '"\\ud800"', '"\\udc00x"', '"\\u2028"', '"\\n"', '"\\u202e"', '"é\u{1f5dd}"'],
  ...['"__proto__"', '"constructor"', '"toString"', '"*"', '"@"', '"@:"', '"@a\\n:localhost"', '"a:b:c"', '":"'],
  ...[
    '"@alice:localhost"',
    '"signed_curve25519:A"',
    '"%00"',
    '"../../etc/passwd"',
    '"\' OR 1=1 --"',
    '"m.login.dummy"',
  ],
  ...["{}", "[]", "[{}]", "[null]", '{"":""}', '{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":1}}'],
  ...['{"\\ud800":1}', '{"\\u0000":1}', '{"@a\\n:localhost":null}', '{"\\u2028":null}'],
  ...[nested(99), nested(101), nested(5000)],
  ...[`"${"x".repeat(300)}"`, `"${"\\u0000".repeat(300)}"`, `"${"y".repeat(100_000)}"`],
  `{${Array.from({ length: 3000 }, (_, n) => `"m${n}":${n}`).join(",")}}`,
  `[${"0,".repeat(60_000)}0]`,
];

/** Texts that stand where an id is expected in a path or query; not escaped. */
export const hostileNames: readonly string[] = [
  ...["", " ", ".", "..", "/", "a/b", "\\", "?", "#", "&", "=", "%", "%2F", "*", ":", "@", "+", ";", '"', "'", "<x>"],
  ...["\0", "\n", "\r\nSet-Cookie: a=b", "\u2028", "\u202e", "é", "\u{1f5dd}", "\ufffd", "__proto__", "constructor"],
  ...[
    "@alice:localhost",
    "@alice:elsewhere.example",
    "@:localhost",
    "@a\n:localhost",
    "@A:localhost",
    "null",
    "undefined",
  ],
  ...["0", "-1", "1e9", "true", "[object Object]", "s1_0_0_", "s1_zzzzzzzzzzz_zzzzzzzzzzz_", "s2_0_0_", "s1_-1_0_"],
  ...["x".repeat(255), "x".repeat(256), "é".repeat(128), "x".repeat(1024), "x".repeat(1025), "x".repeat(5000)],
  ...['{"account_data":{"types":["*"]}}', '{"account_data":null}', "{", "[]", "{}", nested(3000)],
];

/** What stands in a path or query as it is: escapes that mean nothing. */
export const brokenEscapes: readonly string[] = [
  "%",
  "%zz",
  "%c3",
  "%ff",
  "%ed%a0%80",
  "%00",
  "%0d%0a",
  "%u0041",
  "%25",
];

/** Values of a header, as far as HTTP lets them through. */
export const hostileHeaders: readonly string[] = [
  ...["", " ", ";", "a", "*/*", "application/json", "application/json;", "application/json; charset=utf-16"],
  ...["text/plain; charset=\u00e9", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "a/b/c"],
  ...["Bearer", "Bearer ", "Bearer  x", "bearer x y", "Basic eDp5", "gzip", "identity", "1.0.0", "x".repeat(5000)],
];

/** Whole bodies that are not JSON, or not in UTF-8. */
export function hostileBodies(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  return [
    Buffer.alloc(0),
    Buffer.from(" "),
    Buffer.from(`\u{feff}${text}`),
    Buffer.from(text, "utf16le"),
    Buffer.concat([bytes, Buffer.from([0xff])]),
    Buffer.concat([bytes, bytes]),
    Buffer.from(text.replaceAll('"', "'")),
    Buffer.from(`${text},`),
    Buffer.from(`[${text}]`),
    Buffer.from(JSON.stringify(text)),
    Buffer.from("null"),
    Buffer.from("NaN"),
    Buffer.from('"'),
    Buffer.from("\\".repeat(10_000)),
    Buffer.from('"\\'.repeat(10_000)),
    Buffer.from("[".repeat(100_000)),
    Buffer.alloc(3000, 0),
    Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0]),
  ];
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}
