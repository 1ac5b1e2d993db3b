import { randomBytes } from "node:crypto";
import { KeyedDevice } from "../../support/signed-keys.ts";

/** What an appservice does when it is asked for keys. */
export type Manner =
  | "down"
  | "resets"
  | "slow"
  /** As slow, and makes requests of its own meanwhile. */
  | "busy"
  | "unknown"
  | "huge"
  | "no JSON"
  | "wrong shapes"
  | "healthy";

export type Kind = "query" | "claim";

/** By user: the devices asked for, or for each device the algorithms of the keys asked for. */
export type AskedKeys = Record<string, object>;

export interface StormReply {
  readonly status?: number;
  readonly type?: string;
  readonly text: string | Buffer;
  /** Ms before it is sent. */
  readonly delay?: number;
  /** Sent without saying its length before. */
  readonly inChunks?: boolean;
}

/** The device that a healthy appservice has for each of its users, beside those that the server knows. */
export const bridgedDevice = "BRIDGED";

/** How one answers that can be reached; `turn` counts its requests. */
export const replies: Record<
  Exclude<Manner, "down" | "resets">,
  (turn: number, kind: Kind, asked: AskedKeys) => StormReply
> = {
  slow: (_, kind, asked) => ({ text: keysText(kind, asked), delay: 30_000 }),
  busy: (_, kind, asked) => ({ text: keysText(kind, asked), delay: 30_000 }),
  healthy: (_, kind, asked) => ({ text: keysText(kind, asked), delay: 200 }),
  unknown: () => ({ status: 404, text: '{"errcode":"M_UNRECOGNIZED","error":"Unrecognized request"}' }),
  huge: (turn) => ({ text: tenMegabytes, inChunks: turn % 2 === 0 }),
  "no JSON": (turn) => ({ text: noJson[turn % noJson.length] ?? "", ...(turn % 2 === 0 && { type: "text/html" }) }),
  "wrong shapes": (turn, _, asked) => ({ text: wrongShape(turn, Object.keys(asked)) }),
};

const tenMegabytes = Buffer.from(`{"device_keys":{},"padding":"${"x".repeat(10 * 1024 * 1024)}"}`);

const noJson = [
  "<!doctype html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
  '{"device_keys": {"@broken',
  "",
  "\u0000\uFFFDnothing",
  "[".repeat(50_000),
];

function wrongShape(turn: number, users: readonly string[]): string {
  const ofEach = (value: unknown) => Object.fromEntries(users.map((user) => [user, value]));
  const ofSomebody = { PHONE: { user_id: "@somebody:else", device_id: "PHONE" } };
  const shapes: unknown[] = [
    ...[null, [], 5, "text", { device_keys: [] }, { device_keys: "x", master_keys: 7 }],
    ...[{ device_keys: ofEach(null) }, { device_keys: ofEach([]) }, { device_keys: ofEach({ PHONE: "x" }) }],
    { device_keys: ofEach(ofSomebody), master_keys: ofEach({ keys: [] }) },
    ...[ofEach(null), ofEach({ PHONE: [] })],
    ofEach({ PHONE: { "signed_curve25519:A": 5, "": {}, "ed25519:X": {} } }),
    { "@stranger:localhost": { PHONE: { "signed_curve25519:A": { key: "A", signatures: {} } } } },
  ];
  return JSON.stringify(shapes[turn % shapes.length]);
}

function keysText(kind: Kind, asked: AskedKeys): string {
  return JSON.stringify(kind === "query" ? deviceKeysOf(asked) : oneTimeKeysOf(asked));
}

const bridged = new Map<string, object>();

function deviceKeysOf(asked: AskedKeys): object {
  const ofUser = (userId: string) => {
    const keys = bridged.get(userId) ?? new KeyedDevice({ userId, deviceId: bridgedDevice }).deviceKeys();
    bridged.set(userId, keys);
    return { [bridgedDevice]: keys };
  };
  return { device_keys: Object.fromEntries(Object.keys(asked).map((userId) => [userId, ofUser(userId)])) };
}

function oneTimeKeysOf(asked: AskedKeys): object {
  const users = Object.entries(asked as Record<string, Record<string, string[]>>);
  const ofUsers = users.map(([userId, devices]) => {
    const ofDevices = Object.entries(devices).map(([deviceId, algorithms]) => {
      const signatures = { [userId]: { [`ed25519:${deviceId}`]: "A".repeat(86) } };
      const keys = algorithms.map((algorithm) => [`${algorithm}:B${random(12)}`, { key: random(32), signatures }]);
      return [deviceId, Object.fromEntries(keys)];
    });
    return [userId, Object.fromEntries(ofDevices)];
  });
  return Object.fromEntries(ofUsers);
}

function random(bytes: number): string {
  return randomBytes(bytes).toString("base64").replaceAll("=", "");
}
