/**
 * Texts that an engine could mistake for syntax, for a number or for each other: ids, types and names may be any of
 * them. All are different, and a store keeps them apart. None has NUL, a lone surrogate or more than 255 bytes: those
 * never reach a store.
 */
export const oddTexts: readonly string[] = [
  "it's",
  '"quoted"',
  "`ticked`",
  "100%",
  "100_",
  "*",
  "?",
  "$1",
  ":name",
  "back\\slash",
  "; DROP TABLE devices; --",
  "/* comment */",
  "{a,b}",
  "line\nbreak",
  "upper",
  "UPPER",
  "space",
  " space",
  "space ",
  "7",
  "007",
  "7.0",
  "1e3",
  "null",
  "true",
  // One letter, composed and decomposed.
  "\u00e9",
  "e\u0301",
  "stra\u00dfe",
  "strasse",
  "\u9375\u306e\u756a\u4eba",
  "\u{1f5dd}\ufe0f",
  "\u{10ffff}",
  "\u202eright to left",
  // What stands for text that could not be decoded, and what is next to what cannot be stored.
  "\ufffd",
  "\ufffd\ufffd",
  "\u0001",
  "\u007f",
  "\u0085",
  "\ue000",
  "\ufdd0",
  "\uffff",
  // Alike for whoever folds or leaves out characters.
  "k",
  "\u212a",
  "zero\u200bwidth",
  "zerowidth",
  "x".repeat(255),
  `${"x".repeat(254)}y`,
  "\u9375".repeat(85),
  `${"\u9375".repeat(84)}xyz`,
];

/** As they may stand on either side of a key id, the other side of which is one letter. */
export const oddKeyParts: readonly string[] = oddTexts
  .filter((text) => !text.includes(":"))
  .map((text) => (Buffer.byteLength(text) > 253 ? text.slice(2) : text));
