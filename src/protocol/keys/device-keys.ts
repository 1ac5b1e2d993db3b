import { canonicalJson } from "../canonical-json.ts";
import { type DeviceId, parseDeviceId } from "../identifiers/device-id.ts";
import { parseKeyId } from "../identifiers/key-id.ts";
import { parseUserId, type UserId } from "../identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { MatrixError } from "../matrix-error.ts";
import { shownText } from "../shown-text.ts";
import { requireSignatures, type Signatures } from "./signatures.ts";

/** The identity of a device as it uploaded it; the shape is checked, the signatures are not. */
export interface DeviceKeys {
  userId: UserId;
  deviceId: DeviceId;
  algorithms: string[];
  keys: { [keyId: string]: string };
  signatures: Signatures;
  /** Canonical JSON without `unsigned`, which belongs to the server (rule Q2). */
  json: string;
  /** The identity key `keys["ed25519:DEVICE"]`, where there is one. */
  ed25519: string | undefined;
  /** The identity key `keys["curve25519:DEVICE"]`, where there is one. */
  curve25519: string | undefined;
}

/**
 * Parses a `device_keys` object (rule K2). Whether it is the caller's own is for the domain to say.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysupload
 *
 * @param value the object; `unsigned` in it is dropped
 * @param where its name, for the message
 * @throws MatrixError M_BAD_JSON naming the member
 */
export function parseDeviceKeys(value: unknown, where = "device_keys"): DeviceKeys {
  if (!isJsonObject(value)) throw new MatrixError("M_BAD_JSON", `${where} must be an object`);
  const userId = parseUserId(value.user_id);
  if (userId === undefined) throw new MatrixError("M_BAD_JSON", `${where}: "user_id" must be a user ID`);
  const deviceId = parseDeviceId(value.device_id);
  if (deviceId === undefined) throw new MatrixError("M_BAD_JSON", `${where}: "device_id" must be a device ID`);
  const algorithms = requireAlgorithms(value.algorithms, where);
  const keys = requireKeys(value.keys, where);
  const signatures = requireSignatures(value.signatures, where);
  const { unsigned: _, ...signed } = value;
  const json = canonicalJson(signed, where);
  const ed25519 = keys[`ed25519:${deviceId}`];
  const curve25519 = keys[`curve25519:${deviceId}`];
  return { userId, deviceId, algorithms, keys, signatures, json, ed25519, curve25519 };
}

function requireAlgorithms(value: unknown, where: string): string[] {
  if (Array.isArray(value) && value.every((algorithm) => typeof algorithm === "string")) return value;
  throw new MatrixError("M_BAD_JSON", `${where}: "algorithms" must be an array of strings`);
}

function requireKeys(value: unknown, where: string): { [keyId: string]: string } {
  if (!isJsonObject(value)) throw new MatrixError("M_BAD_JSON", `${where}: "keys" must be an object`);
  for (const keyId of Object.keys(value)) requireKey(value, keyId, where);
  return value as { [keyId: string]: string };
}

function requireKey(keys: JsonObject, keyId: string, where: string): void {
  const place = `${where}: "keys": ${shownText(keyId)}`;
  if (parseKeyId(keyId) === undefined) throw new MatrixError("M_BAD_JSON", `${place}: a key ID must be "algorithm:id"`);
  const key = keys[keyId];
  if (typeof key === "string" && !key.includes("\0")) return;
  throw new MatrixError("M_BAD_JSON", `${place}: the key must be a string without NUL`);
}
