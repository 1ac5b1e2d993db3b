import { closeMaps } from "./close-maps.ts";
import type { OperationSpec, Schema } from "./load-spec.ts";
import { openAlgorithms } from "./open-algorithms.ts";
import { openChoice } from "./open-choice.ts";
import { resolveReferences } from "./resolve-references.ts";
import { stricterAnswers } from "./stricter-answers.ts";

/**
 * The body of every refusal, listed in the OpenAPI files or not; they call only `errcode` required, the prose says MUST
 * of both. https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 */
export const standardError: Schema = {
  type: "object",
  required: ["errcode", "error"],
  properties: {
    errcode: { type: "string", pattern: "^([A-Za-z0-9-]+\\.)*[A-Z0-9]+(_[A-Z0-9]+)+$" },
    error: { type: "string", minLength: 1 },
    retry_after_ms: { type: "integer", minimum: 0 },
    soft_logout: { type: "boolean" },
  },
};

/** 401s that are about the caller's token, not about a stage, on endpoints with user-interactive authentication. */
const tokenRefusals = ["M_MISSING_TOKEN", "M_UNKNOWN_TOKEN", "M_USER_LOCKED"];

export interface AnswerSchema {
  /** The same for all answers that this schema is for; never for others of the operation. */
  readonly name: string;
  readonly schema: Schema;
}

/**
 * The schema that an answer must fulfil.
 * @returns `undefined` where the specification has no answer with that status
 */
export function answerSchema(operation: OperationSpec, status: number, body: unknown): AnswerSchema | undefined {
  if (status === 401 && isUserInteractive(operation)) {
    return isTokenRefusal(body)
      ? { name: "token refusal", schema: standardError }
      : { name: "challenge", schema: challenge() };
  }
  const response = operation.responses.get(status);
  if (status >= 400) {
    const listed = response?.schema === undefined ? [] : [response.schema];
    return { name: String(status), schema: { allOf: [standardError, ...listed] } };
  }
  if (response === undefined) return undefined;
  if (response.schema === undefined) return { name: String(status), schema: {} };
  const stricter = status === 200 ? stricterAnswers[`${operation.api} ${operation.operationId}`] : undefined;
  // A few old endpoints answer with a list; every other answer is an object, also where the file forgets to say so.
  const type = response.schema["type"] === "array" ? "array" : "object";
  const described = closeMaps(openAlgorithms(operation, openChoice(response.schema)));
  return { name: String(status), schema: { type, allOf: [described, stricter ?? {}] } };
}

/** Whether the operation takes part in user-interactive authentication: the files do not list all its 401 answers. */
function isUserInteractive({ requestBody }: OperationSpec): boolean {
  const properties = requestBody?.schema["properties"];
  return typeof properties === "object" && properties !== null && "auth" in properties;
}

function isTokenRefusal(body: unknown): boolean {
  if (typeof body !== "object" || body === null || "flows" in body || !("errcode" in body)) return false;
  return typeof body.errcode === "string" && tokenRefusals.includes(body.errcode);
}

/** https://spec.matrix.org/v1.19/client-server-api/#user-interactive-api-in-the-rest-api */
function challenge(): Schema {
  const file = "api/client-server/definitions/auth_response.yaml";
  const described = resolveReferences({ $ref: "auth_response.yaml" }, file) as Schema;
  // A stage that failed says why, in the members of the standard error.
  return { allOf: [described], dependentRequired: { errcode: ["error"], error: ["errcode"] } };
}
