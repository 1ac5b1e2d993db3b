import type { OperationSpec, Schema } from "./load-spec.ts";

const givesBackups: readonly string[] = ["getRoomKeysVersion", "getRoomKeysVersionCurrent"];

/**
 * Where a client finds the backup that a client has made, its algorithm is what that client said: also one that the
 * specification does not know yet. The server never looks into it.
 */
export function openAlgorithms({ operationId }: OperationSpec, schema: Schema): Schema {
  if (!givesBackups.includes(operationId)) return schema;
  const properties = schema["properties"] as Readonly<Record<string, Schema>>;
  return { ...schema, properties: { ...properties, algorithm: { type: "string" } } };
}
