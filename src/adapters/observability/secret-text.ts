export const hidden = "[hidden]";

/** Longer texts are cut before they are searched, so that hostile input costs little. */
const longestSearched = 16_384;

const rules: readonly (readonly [RegExp, string])[] = [
  // The Authorization headers of clients, servers and appservices.
  [/\b(Bearer|Basic|X-Matrix)\s+[^\s"']+/gi, `$1 ${hidden}`],
  // `access_token=...`, `"password":"..."`, the same within JSON within a string, and `%3D` for `=`.
  [
    /((?:token|password|passwd|secret|authorization|session|private_key)\\*["']?\s*(?:=|:|%3D)\s*)(?:\\*"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s&,;}"']+)/gi,
    `$1${hidden}`,
  ],
  // The user and password of a database URL.
  [/:\/\/[^\s/@:]{0,255}:[^\s/]{0,255}@/g, `://${hidden}@`],
  // Our own access and refresh tokens, wherever they stand.
  [/\bcl[ar]_[\w-]{20,}/g, hidden],
  // Those without such a prefix as a word of a sentence: 32 bytes as base64url. Keys and event ids have a prefix there,
  // and a text of nothing else may be the id of a dehydrated device.
  [/(?<=[\s"'(])[\w-]{43}(?![\w+/=-])|^[\w-]{43}(?=[\s"',;)])/g, hidden],
];

/**
 * The text without what looks like a token or password (rule E3). A last net under errors that quote what they
 * choked on; what is known to be secret must not be given to the log at all.
 *
 * @param longest characters that are kept
 */
export function hideSecrets(text: string, longest = 2000): string {
  let safe = text.length > longestSearched ? text.slice(0, longestSearched) : text;
  for (const [pattern, replacement] of rules) safe = safe.replace(pattern, replacement);
  return safe.length > longest ? `${safe.slice(0, longest)}…` : safe;
}
