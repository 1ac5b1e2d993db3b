import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { answerSchema, standardError } from "./answer-schema.ts";
import { findOperation } from "./find-operation.ts";
import { misplacedKeys } from "./key-owners.ts";
import { loadOperation, type Schema } from "./load-spec.ts";
import type { ListedOperation } from "./operation-list.ts";

export interface Answer {
  readonly method: string;
  /** With or without a query. */
  readonly path: string;
  readonly status: number;
  /** The parsed body. */
  readonly body: unknown;
}

export interface Verdict {
  /** `undefined` where the specification has no such operation. */
  readonly operationId: string | undefined;
  /** What is wrong, each with the JSON pointer of the place; empty where the answer is right. */
  readonly problems: readonly string[];
}

// Not strict: OpenAPI adds keywords of its own. Formats are only notes there; what they mean stands in patterns.
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, validateSchema: false });
const validators = new Map<string, ValidateFunction>();

/** Checks an answer against the specification. Members that it does not name are allowed. */
export function checkAnswer(answer: Answer): Verdict {
  const { method, path, status, body } = answer;
  const listed = findOperation(method, path);
  if (listed === undefined) return { operationId: undefined, problems: checkUnknown(answer) };
  const { operationId } = listed;
  const operation = loadOperation(listed);
  if (operation === undefined) return { operationId, problems: checkOutline(status, body) };
  const chosen = answerSchema(operation, status, body);
  if (chosen === undefined) {
    const known = [...operation.responses.keys()].join(", ");
    return { operationId, problems: [`status ${status} is not one that the specification gives it (${known})`] };
  }
  const problems = violations(nameOf(listed, chosen.name), chosen.schema, body);
  if (problems.length > 0 || status !== 200) return { operationId, problems };
  return { operationId, problems: misplacedKeys(operationId, body) };
}

/** Checks the body of a request, for those that mean to send a right one. */
export function checkRequest({ method, path, body }: Pick<Answer, "method" | "path" | "body">): Verdict {
  const listed = findOperation(method, path);
  if (listed === undefined) return { operationId: undefined, problems: [noSuchOperation(method, path)] };
  const { operationId } = listed;
  const expected = loadOperation(listed)?.requestBody;
  if (expected === undefined) return { operationId, problems: [] };
  if (body === undefined) return { operationId, problems: expected.required ? ["a body is required"] : [] };
  return { operationId, problems: violations(nameOf(listed, "request"), expected.schema, body) };
}

/** Where the specification has nothing, the one right answer is to say so (rule E1). */
function checkUnknown({ method, path, status, body }: Answer): string[] {
  const refused = status === 404 || status === 405;
  const unrecognized: Schema = { allOf: [standardError, { properties: { errcode: { const: "M_UNRECOGNIZED" } } }] };
  if (!refused || typeof body !== "object" || body === null) return [noSuchOperation(method, path)];
  return violations("unknown", unrecognized, body);
}

/** All that can be said of a chapter that is not among our copies. */
function checkOutline(status: number, body: unknown): string[] {
  if (status >= 400) return violations("refusal", standardError, body);
  return violations("outline", { type: ["object", "array"] }, body);
}

function noSuchOperation(method: string, path: string): string {
  return `the specification has no operation ${method.toUpperCase()} ${path}`;
}

function nameOf({ api, operationId }: ListedOperation, schema: string): string {
  return `${api} ${operationId} ${schema}`;
}

function violations(name: string, schema: Schema, body: unknown): string[] {
  let validate = validators.get(name);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    validators.set(name, validate);
  }
  if (validate(body)) return [];
  return [...new Set((validate.errors ?? []).map(sentence))];
}

function sentence({ instancePath, message, params }: ErrorObject): string {
  const place = instancePath === "" ? "the body" : instancePath.replaceAll("~1", "/").replaceAll("~0", "~");
  const named = params["additionalProperty"] ?? params["allowedValues"] ?? params["allowedValue"];
  return `${place} ${message ?? "is wrong"}${named === undefined ? "" : `: ${JSON.stringify(named)}`}`;
}
