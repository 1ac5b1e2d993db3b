import { logger } from "matrix-js-sdk/lib/logger.js";

/** It is a logger of loglevel, which its type does not say. */
const log = logger as unknown as { methodFactory: () => () => void; rebuild(): void };

// The SDK tells every step on the console: `SDK_LOG=1` shows it.
if (process.env["SDK_LOG"] === undefined) {
  log.methodFactory = () => () => undefined;
  log.rebuild();
}
