import { InvalidArgumentError } from "commander";

/** @throws InvalidArgumentError unless the text is an http or https URL, or `none` */
export function parseUrl(text: string): string {
  if (text === "none") return text;
  const protocol = URL.parse(text)?.protocol;
  if (protocol === "http:" || protocol === "https:") return text;
  throw new InvalidArgumentError("It must be an http or https URL.");
}

/** @throws InvalidArgumentError unless the text is a regular expression */
export function parseUserRegex(text: string): string {
  if (isRegex(text)) return text;
  throw new InvalidArgumentError("It must be a regular expression.");
}

function isRegex(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
