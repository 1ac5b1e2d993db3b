import { MatrixError } from "../../protocol/matrix-error.ts";

/** The decoded parameters after the `?`; one that is given more than once is a list. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** @throws MatrixError `M_INVALID_PARAM` when it is given more than once */
export function optionalParameter(query: Query, name: string): string | undefined {
  const value = query[name];
  if (Array.isArray(value)) throw new MatrixError("M_INVALID_PARAM", `${name} is given more than once`);
  return value;
}

/** @throws MatrixError `M_MISSING_PARAM`, or as `optionalParameter` */
export function requiredParameter(query: Query, name: string): string {
  const value = optionalParameter(query, name);
  if (value === undefined) throw new MatrixError("M_MISSING_PARAM", `${name} is missing`);
  return value;
}

/** @throws MatrixError `M_INVALID_PARAM` when it is no whole number of 0 or more */
export function wholeNumberParameter(query: Query, name: string, absent: number): number {
  const value = optionalParameter(query, name);
  if (value === undefined) return absent;
  if (!/^\d{1,15}$/.test(value)) throw new MatrixError("M_INVALID_PARAM", `${name} must be a whole number`);
  return Number(value);
}

/** @throws MatrixError `M_INVALID_PARAM` when it is none of these */
export function choiceParameter<Choice extends string>(
  query: Query,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = optionalParameter(query, name);
  const chosen = choices.find((choice) => choice === value);
  if (value === undefined || chosen !== undefined) return chosen;
  throw new MatrixError("M_INVALID_PARAM", `${name} must be ${choices.join(" or ")}`);
}
