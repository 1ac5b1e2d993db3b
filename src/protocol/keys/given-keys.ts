import type { DeviceId } from "../identifiers/device-id.ts";
import type { UserId } from "../identifiers/user-id.ts";
import { emptyObject, isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { MatrixError } from "../matrix-error.ts";
import { type CrossSigningUsage, parseCrossSigningKey } from "./cross-signing-key.ts";
import { parseDeviceKeys } from "./device-keys.ts";
import type { Signatures } from "./signatures.ts";

/** The identity of a device, as its owner's appservice or server gives it. */
export interface GivenDevice {
  /** JSON with the owner's signatures, without `unsigned`. */
  readonly json: string;
  /** `undefined` where none is given. */
  readonly displayName: string | undefined;
  /** Its identity keys, unpadded base64 as a rule; `undefined` where the object has none of that algorithm. */
  readonly ed25519: string | undefined;
}

/** A cross-signing key, as its owner's appservice or server gives it. */
export interface GivenKey {
  readonly usage: CrossSigningUsage;
  readonly publicKey: string;
  /** JSON with the owner's signatures, without `unsigned`. */
  readonly json: string;
}

/** Characters of a device's or a cross-signing key's object: what an upload may have. */
export const longestIdentity = 65_536;

/** Characters, as the display name of a device that is kept here. */
const longestDisplayName = 256;

/**
 * Of both: `undefined` for what an upload would be refused for, or belongs elsewhere (rules Q5, K2, X3).
 * @param hidden the key id of the owner's user-signing key, whose signatures are not for others to see (rule Q3)
 */
export function parseGivenDevice(
  userId: UserId,
  deviceId: DeviceId,
  value: JsonValue,
  hidden: string | undefined,
): GivenDevice | undefined {
  return remembered(value, hidden, () => {
    const keys = parseDeviceKeys(value);
    if (keys.userId !== userId || keys.deviceId !== deviceId) return undefined;
    if (keys.json.length > longestIdentity) return undefined;
    const json = withOwnSignatures(keys, userId, hidden);
    return { json, displayName: displayNameOf(value), ed25519: keys.ed25519 };
  });
}

export function parseGivenKey(
  userId: UserId,
  usage: CrossSigningUsage,
  value: JsonValue,
  hidden?: string,
): GivenKey | undefined {
  return remembered(value, hidden, () => {
    const key = parseCrossSigningKey(value, usage, userId);
    if (key.json.length > longestIdentity) return undefined;
    return { usage, publicKey: key.publicKey, json: withOwnSignatures(key, userId, hidden) };
  });
}

/** By the value, which stands in one place of one answer, and goes with it. */
const results = new WeakMap<object, { readonly hidden: string | undefined; readonly result: unknown }>();

/** A thousand callers share one answer (rule Q6): it is looked into once. */
function remembered<T>(value: JsonValue, hidden: string | undefined, parse: () => T): T | undefined {
  if (!isJsonObject(value)) return unlessRefused(parse);
  let known = results.get(value);
  if (known === undefined || known.hidden !== hidden) {
    known = { hidden, result: unlessRefused(parse) };
    results.set(value, known);
  }
  return known.result as T | undefined;
}

function unlessRefused<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof MatrixError) return undefined;
    throw error;
  }
}

/** Whom somebody has verified is not for everybody to see (rule Q3). */
function withOwnSignatures(
  { json, signatures }: { json: string; signatures: Signatures },
  owner: UserId,
  hidden = "",
): string {
  const own = Object.hasOwn(signatures, owner) ? signatures[owner] : undefined;
  const isPublic = own === undefined || !Object.hasOwn(own, hidden);
  if (isPublic && Object.keys(signatures).every((signer) => signer === owner)) return json;
  const kept = emptyObject<JsonValue>();
  for (const [keyId, signature] of Object.entries(own ?? {})) if (keyId !== hidden) kept[keyId] = signature;
  const object = JSON.parse(json) as JsonObject;
  object["signatures"] = { [owner]: kept };
  return JSON.stringify(object);
}

function displayNameOf(value: JsonValue): string | undefined {
  const unsigned = isJsonObject(value) ? value["unsigned"] : undefined;
  const name = isJsonObject(unsigned) ? unsigned["device_display_name"] : undefined;
  if (typeof name !== "string" || name.length > longestDisplayName) return undefined;
  return name.isWellFormed() && !name.includes("\0") ? name : undefined;
}
