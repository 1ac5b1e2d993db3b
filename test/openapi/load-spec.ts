import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Api, type ListedOperation, listedOperations } from "./operation-list.ts";
import { readDocument, resolveReferences } from "./resolve-references.ts";

/** A JSON Schema 2020-12 without references. */
export type Schema = Readonly<Record<string, unknown>>;

export interface ResponseSpec {
  /** `undefined` where the specification describes no JSON body. */
  readonly schema: Schema | undefined;
  /** Schemas of the headers that it describes, by their names as written. */
  readonly headers: Readonly<Record<string, Schema>>;
}

/** What the specification says about one operation. */
export interface OperationSpec extends ListedOperation {
  /** `undefined` where a request has no JSON body. */
  readonly requestBody: { readonly schema: Schema; readonly required: boolean } | undefined;
  /** By status; the specification has no `default` answers. */
  readonly responses: ReadonlyMap<number, ResponseSpec>;
}

interface RawBody {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}
interface RawResponse extends RawBody {
  readonly headers?: Readonly<Record<string, { readonly schema?: Schema }>>;
}
interface RawOperation {
  readonly operationId: string;
  readonly requestBody?: RawBody & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, RawResponse>>;
}

const loaded = new Map<ListedOperation, OperationSpec>();

/** What the specification says about a listed operation; `undefined` where its chapter is not among our copies. */
export function loadOperation(listed: ListedOperation): OperationSpec | undefined {
  const known = loaded.get(listed);
  if (known !== undefined) return known;
  if (!existsSync(fileURLToPath(new URL(`spec/api/${listed.file}`, import.meta.url)))) return undefined;
  const operation = { ...listed, ...describe(readOperation(listed)) };
  loaded.set(listed, operation);
  return operation;
}

/** Every operation of the copied chapters; parses all of them, so it is for tests that go over the whole. */
export function loadSpec(api: Api): ReadonlyMap<string, OperationSpec> {
  const operations = listedOperations().filter((listed) => listed.api === api);
  const specs = operations.map(loadOperation).filter((spec) => spec !== undefined);
  return new Map(specs.map((spec) => [spec.operationId, spec]));
}

function readOperation({ file, operationId }: ListedOperation): RawOperation {
  const document = readDocument(`api/${file}`) as { paths: Record<string, Record<string, RawOperation>> };
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const raw = operations.find((operation) => operation.operationId === operationId);
  if (raw === undefined) throw new Error(`operations.json lists ${operationId}, ${file} does not: run copy-spec.ts`);
  const { requestBody, responses } = raw;
  return resolveReferences({ operationId, requestBody, responses }, `api/${file}`) as RawOperation;
}

function describe(raw: RawOperation): Pick<OperationSpec, "requestBody" | "responses"> {
  const sent = jsonSchema(raw.requestBody);
  const responses = Object.entries(raw.responses).map(([status, response]): [number, ResponseSpec] => {
    const headers = Object.entries(response.headers ?? {}).map(
      ([name, header]) => [name, header.schema ?? {}] as const,
    );
    return [Number(status), { schema: jsonSchema(response), headers: Object.fromEntries(headers) }];
  });
  return {
    requestBody: sent === undefined ? undefined : { schema: sent, required: raw.requestBody?.required === true },
    responses: new Map(responses),
  };
}

function jsonSchema(body: RawBody | undefined): Schema | undefined {
  return body?.content?.["application/json"]?.schema;
}
