// A program that runs a server which never finishes closing, to be stopped by signals.
import { runServer } from "../../src/cli/run-server.ts";

const forever = setInterval(() => {}, 60_000);

await runServer(
  async () => ({
    url: "http://127.0.0.1:1",
    listen: async () => {},
    close: () => {
      process.stdout.write("closing\n");
      return process.argv.includes("--hang") ? new Promise<void>(() => forever.ref()) : Promise.resolve();
    },
  }),
  (url) => process.stdout.write(`listening on ${url}\n`),
);
