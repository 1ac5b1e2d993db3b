import { type RoomVersionId, roomVersionIds } from "../protocol/events/room-version.ts";
import { leaf } from "./shapes/leaf.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

export interface RoomsConfig {
  readonly defaultVersion: RoomVersionId;
}

export const roomsShape: Shape<RoomsConfig> = section("Rooms.", {
  defaultVersion: leaf({
    about: "The version of new rooms whose creators do not ask for another one.",
    initial: "11",
    allowed: "10, 11 or 12",
    // Without quotes it is a number.
    accept: (raw) => roomVersionIds.find((id) => id === raw || Number(id) === raw),
    fromText: (text) => text,
  }),
});
