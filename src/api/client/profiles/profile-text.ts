import { objectText } from "../../../protocol/json-text.ts";

/** Fields of a profile, whose values are JSON text, as one object. */
export function profileText(fields: readonly { readonly field: string; readonly value: string }[]): string {
  return objectText(fields.map(({ field, value }) => [field, value] as const));
}
