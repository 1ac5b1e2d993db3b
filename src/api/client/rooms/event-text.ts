export { type EventFormat, eventText, eventTexts } from "../../../domain/room-timelines/event-text.ts";
