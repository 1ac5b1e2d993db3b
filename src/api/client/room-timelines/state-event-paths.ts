import { clientPaths } from "../client-paths.ts";

/** An empty state key may be left out, with or without the slash before it. */
export const stateEventPaths = ["", "/", "/:stateKey"].flatMap((key) =>
  clientPaths(`/rooms/:roomId/state/:eventType${key}`, "r0"),
);
