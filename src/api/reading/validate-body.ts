import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { FastifySchemaCompiler } from "fastify";
import { shownText } from "../../protocol/shown-text.ts";
import type { JsonSchema } from "./json-schema.ts";

// Bodies are taken as they are: nothing is coerced, filled in or removed.
const ajv = new Ajv({ strict: false, allErrors: false });

/** Compiles a contract's body schema when the first body arrives, so that starting does not wait for it. */
export const validatorCompiler: FastifySchemaCompiler<JsonSchema> = ({ schema }) => {
  let validate: ValidateFunction | undefined;
  return (value: unknown) => {
    validate ??= ajv.compile(schema);
    return validate(value)
      ? { value }
      : { error: Object.assign(new Error("Invalid body"), { validation: validate.errors }) };
  };
};

/** Says which member of a body is wrong, in one line. */
export function describeInvalidBody(errors: readonly unknown[]): string {
  const { instancePath, message } = (errors[0] ?? {}) as Partial<ErrorObject>;
  const member = instancePath ? shownText(instancePath.slice(1).replaceAll("/", ".")) : "The body";
  return `${member} ${message ?? "is not valid"}`;
}
