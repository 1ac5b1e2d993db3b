interface RoomKey {
  readonly roomId: string;
  readonly sessionId: string;
  readonly isVerified: boolean;
  readonly firstMessageIndex: number;
  readonly forwardedCount: number;
  /** JSON text. */
  readonly sessionData: string;
}

type Pages = AsyncIterable<readonly RoomKey[]>;

/** `{ "rooms": { "!room": { "sessions": { "session": … } } } }`, a page at a time; keys of one room follow each other. */
export async function* roomsText(pages: Pages): AsyncIterable<string> {
  let text = '{"rooms":{';
  let room: string | undefined;
  for await (const page of pages) {
    for (const key of page) {
      const endOfRoom = room === undefined ? "" : "}},";
      text += key.roomId === room ? "," : `${endOfRoom}${JSON.stringify(key.roomId)}:{"sessions":{`;
      text += memberText(key);
      room = key.roomId;
    }
    yield text;
    text = "";
  }
  yield `${text}${room === undefined ? "" : "}}"}}}`;
}

/** `{ "sessions": { "session": … } }`, a page at a time. */
export async function* roomText(pages: Pages): AsyncIterable<string> {
  let start = '{"sessions":{';
  for await (const page of pages) {
    yield start + page.map(memberText).join(",");
    start = ",";
  }
  yield start === "," ? "}}" : `${start}}}`;
}

export function keyText({ firstMessageIndex, forwardedCount, isVerified, sessionData }: RoomKey): string {
  const rank = `"first_message_index":${firstMessageIndex},"forwarded_count":${forwardedCount}`;
  return `{${rank},"is_verified":${isVerified},"session_data":${sessionData}}`;
}

function memberText(key: RoomKey): string {
  return `${JSON.stringify(key.sessionId)}:${keyText(key)}`;
}
