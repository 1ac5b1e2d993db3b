import { parseDocument } from "yaml";

/** Reads the text of an environment variable as a YAML value; what is no YAML stays a text, and is refused as one. */
export function textValue(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, logLevel: "error" });
  if (document.errors.length > 0 || document.warnings.length > 0) return text;
  try {
    return document.toJS() as unknown;
  } catch {
    return text; // An alias without its anchor.
  }
}
