// Loaded into a server's process before it: it collects garbage when it is told to, and says when a connection is opened.
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env["CONNECTIONS_FILE"];
if (isMainThread && file !== undefined) {
  process.on("SIGUSR2", () => (globalThis as { gc?: () => void }).gc?.());
  subscribe("net.client.socket", () => appendFileSync(file, `${Date.now()}\n`));
}
