// A bot that answers in encrypted rooms, on matrix-js-sdk: it joins the rooms that it is invited to, and answers "!ping"
// and "!echo TEXT". It logs in a new device, whose keys it keeps in memory, and logs it out at the end (Ctrl-C).
//
//   npm run --silent example:bot -- --server http://127.0.0.1:8008 --as bot:PASSWORD
import { once } from "node:events";
import { parseArgs } from "node:util";
import { ClientEvent, createClient, type MatrixEvent, MatrixEventEvent, MemoryStore, RoomEvent } from "matrix-js-sdk";

const server = { type: "string", default: "http://127.0.0.1:8008" } as const;
const as = { type: "string", default: "bot:bot-password" } as const;
const { values } = parseArgs({ options: { server, as } });
const answers = new Map<string, (text: string) => string>([
  ["!ping", () => "Pong!"],
  ["!echo", (text) => text],
]);

// The SDK tells its steps on the console.
console.debug = console.info = console.warn = () => undefined;
const [user = "", ...password] = values.as.split(":");
const login = { type: "m.login.password", identifier: { type: "m.id.user", user }, password: password.join(":") };
const settings = { baseUrl: values.server, store: new MemoryStore() };
const account = await createClient(settings)
  .loginRequest(login)
  .catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
const { user_id: userId, device_id: deviceId, access_token: accessToken } = account;
const bot = createClient({ ...settings, userId, deviceId, accessToken });
await bot.initRustCrypto({ useIndexedDB: false });

bot.on(RoomEvent.MyMembership, (room, membership) => {
  if (membership === "invite") keysAreThere.then(() => bot.joinRoom(room.roomId)).catch(console.error);
});
bot.on(RoomEvent.Timeline, (event, _room, _toStart, _removed, { liveEvent }) => {
  if (liveEvent && bot.isInitialSyncComplete() && event.getSender() !== userId) answer(event).catch(console.error);
});
const keysAreThere = bot.startClient().then(untilKeysAreUploaded);
await keysAreThere;
console.log(`${userId} listens, with the new device ${deviceId}.`);
await Promise.race(["SIGINT", "SIGTERM"].map((signal) => once(process, signal)));
await bot.logout(true);
console.log("The device is logged out.");
process.exit();

/** Before that nobody can encrypt anything for this device. */
async function untilKeysAreUploaded(): Promise<void> {
  const areThere = async () => (await bot.downloadKeysForUsers([userId])).device_keys[userId]?.[deviceId] !== undefined;
  while (!(await areThere())) await new Promise((done) => bot.once(ClientEvent.Sync, done));
}

async function answer(event: MatrixEvent): Promise<void> {
  await bot.decryptEventIfNeeded(event);
  // The key of a message may come after it.
  while (event.isDecryptionFailure()) await new Promise((done) => event.once(MatrixEventEvent.Decrypted, done));
  const [command = "", ...words] = String(event.getContent()["body"]).split(" ");
  const text = event.getType() === "m.room.message" ? answers.get(command)?.(words.join(" ")) : undefined;
  // In a room that is encrypted the SDK encrypts what it sends.
  if (text !== undefined) await bot.sendNotice(event.getRoomId() ?? "", text);
}
