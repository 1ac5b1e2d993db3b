import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAnswer, checkRequest } from "./answer-check.ts";
import { loadOperation } from "./load-spec.ts";
import { type ListedOperation, listedOperations } from "./operation-list.ts";
import { readDocument } from "./resolve-references.ts";

interface RawBody {
  readonly content?: Readonly<Record<string, RawContent>>;
}
interface RawContent {
  readonly schema?: { readonly example?: unknown };
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}
interface RawOperation {
  readonly operationId: string;
  readonly requestBody?: RawBody;
  readonly responses: Readonly<Record<string, RawBody>>;
}

const copied = listedOperations().filter((listed) => loadOperation(listed) !== undefined);

function rawOperation({ file, operationId }: ListedOperation): RawOperation {
  const document = readDocument(`api/${file}`) as { paths: Record<string, Record<string, RawOperation>> };
  const all = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const raw = all.find((operation) => operation.operationId === operationId);
  assert.ok(raw, operationId);
  return raw;
}

/** Whole examples; those put together from files that are not among our copies are left out. */
function examplesOf(body: RawBody | undefined): unknown[] {
  const content = body?.content?.["application/json"];
  const examples = [content?.schema?.example, ...Object.values(content?.examples ?? {}).map(({ value }) => value)];
  return examples.filter((example) => example !== undefined && !JSON.stringify(example).includes('"$ref"'));
}

function pathOf(listed: ListedOperation): string {
  return listed.path.replaceAll(/\{\w+\}/g, "x");
}

test("the specification's own answers are found right, so the validator gives no false alarm on them", () => {
  const refused: string[] = [];
  let checked = 0;
  for (const listed of copied) {
    for (const [status, response] of Object.entries(rawOperation(listed).responses)) {
      for (const body of examplesOf(response)) {
        const path = pathOf(listed);
        const verdict = checkAnswer({ method: listed.method, path, status: Number(status), body });
        assert.equal(verdict.operationId, listed.operationId);
        refused.push(...verdict.problems.map((problem) => `${listed.operationId} ${status}: ${problem}`));
        checked += 1;
      }
    }
  }
  // The one example that breaks the prose: "the keys `error` and `errcode` MUST always be present".
  assert.deepEqual(refused, ["login 403: the body must have required property 'error'"]);
  assert.ok(checked > 90, `only ${checked} examples were found`);
});

test("the specification's own requests are found right", () => {
  for (const listed of copied) {
    for (const body of examplesOf(rawOperation(listed).requestBody)) {
      const verdict = checkRequest({ method: listed.method, path: pathOf(listed), body });
      assert.deepEqual(verdict, { operationId: listed.operationId, problems: [] });
    }
  }
});
