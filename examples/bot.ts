// A bot that answers in encrypted rooms, on matrix-js-sdk:
//
//   npm run --silent example:bot -- --server http://127.0.0.1:8008 --as bot:PASSWORD
//
// It joins the rooms that it is invited to, and answers "!ping" and "!echo TEXT". It logs in a new device, whose keys it
// keeps in memory, and logs it out at the end (Ctrl-C).
import { parseArgs } from "node:util";
import {
  ClientEvent,
  createClient,
  KnownMembership,
  type MatrixEvent,
  MatrixEventEvent,
  MemoryStore,
  RoomEvent,
} from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

const { values } = parseArgs({
  options: {
    server: { type: "string", default: "http://127.0.0.1:8008" },
    as: { type: "string", default: "bot:bot" },
  },
});
// The SDK tells every step on the console, unless its logger, which is one of loglevel, has nothing to write with.
const log = Object.assign(logger, { methodFactory: () => () => undefined }) as unknown as { rebuild(): void };
log.rebuild();
const settings = { baseUrl: values.server, disableVoip: true };
const answers = new Map<string, (text: string) => string>([
  ["!ping", () => "Pong!"],
  ["!echo", (text) => text],
]);

const bot = await logIn(values.as).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
bot.on(RoomEvent.MyMembership, (room, membership) => {
  if (membership === KnownMembership.Invite) attempt(ready.then(() => bot.joinRoom(room.roomId)));
});
bot.on(RoomEvent.Timeline, (event, _room, _toStart, _removed, { liveEvent }) => {
  if (liveEvent && bot.isInitialSyncComplete() && event.getSender() !== bot.getUserId()) attempt(answer(event));
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => attempt(logOut()));
const ready = bot.startClient().then(untilKeysAreKnown);
await ready;
console.log(`${bot.getUserId()} listens, with the new device ${bot.getDeviceId()}.`);

async function logIn(credentials: string) {
  const [user = "", ...password] = credentials.split(":");
  const account = await createClient({ ...settings, store: new MemoryStore() }).loginRequest({
    ...{ type: "m.login.password", identifier: { type: "m.id.user", user }, password: password.join(":") },
    initial_device_display_name: "example bot",
  });
  const { user_id: userId, device_id: deviceId, access_token: accessToken } = account;
  const client = createClient({ ...settings, store: new MemoryStore(), userId, deviceId, accessToken });
  await client.initRustCrypto({ useIndexedDB: false });
  return client;
}

/** Who joins before its keys are uploaded is not sent the keys of the first messages. */
async function untilKeysAreKnown(): Promise<void> {
  const [userId, deviceId] = [bot.getUserId()!, bot.getDeviceId()!];
  const areKnown = async () => (await bot.downloadKeysForUsers([userId])).device_keys[userId]?.[deviceId] !== undefined;
  while (!(await areKnown())) await new Promise((done) => bot.once(ClientEvent.Sync, done));
}

async function answer(event: MatrixEvent): Promise<void> {
  await bot.decryptEventIfNeeded(event);
  // The key of a message may come after it.
  while (event.isDecryptionFailure()) await new Promise((done) => event.once(MatrixEventEvent.Decrypted, done));
  const [command = "", ...words] = String(event.getContent()["body"]).split(" ");
  const text = event.getType() === "m.room.message" ? answers.get(command)?.(words.join(" ")) : undefined;
  // In a room that is encrypted the SDK encrypts what it sends.
  if (text !== undefined) await bot.sendNotice(event.getRoomId()!, text);
}

async function logOut(): Promise<void> {
  await bot.logout(true);
  console.log("The device is logged out.");
  process.exit();
}

function attempt(work: Promise<unknown>): void {
  work.catch((error: unknown) => console.error(error));
}
