import { readFileSync } from "node:fs";

export type Api = "client-server" | "server-server" | "application-service";

/** One operation of the specification, as `operations.json` lists it. */
export interface ListedOperation {
  /** Unique within an api, not over all of them. */
  readonly operationId: string;
  readonly api: Api;
  /** In capitals. */
  readonly method: string;
  /** With the base path of its server; variables are written `{name}`. */
  readonly path: string;
  /** The specification's file, below its `api/`. */
  readonly file: string;
}

let listed: readonly ListedOperation[] | undefined;

/** All operations of the three APIs, in the order of the specification's files. */
export function listedOperations(): readonly ListedOperation[] {
  listed ??= readList();
  return listed;
}

function readList(): ListedOperation[] {
  const text = readFileSync(new URL("operations.json", import.meta.url), "utf8");
  const files = JSON.parse(text) as Record<string, Record<string, string>>;
  return Object.entries(files).flatMap(([file, operations]) =>
    Object.entries(operations).map(([operationId, where]) => {
      const [method = "", path = ""] = where.split(" ");
      return { operationId, api: file.split("/")[0] as Api, method, path, file };
    }),
  );
}
