import type { DeviceOwner } from "../../../../../domain/kernel/requester.ts";
import { StorageInconsistencyError } from "../../../storage-inconsistency-error.ts";
import { type HeardRow, recentChangesText } from "../../device-list-statements.ts";
import type { InboxRow, NewInboxRow, SyncStatements } from "../../hot-statements.ts";
import { placeBelow } from "../reserved-position.ts";
import type { StatementRunner } from "../statement-runner.ts";
import type { SharedStatement } from "../transaction-batches.ts";
import { forEachKey } from "./for-each.ts";

const device = { user_id: "text", device_id: "text" };
const ofDevice = "row.user_id = asked.user_id AND row.device_id = asked.device_id";
const ownerValues = ({ userId, deviceId }: DeviceOwner) => [userId, deviceId];

const findStreamPosition: SharedStatement<"stream", number> = {
  writes: false,
  async run(query, keys) {
    const text = "SELECT position FROM stream WHERE id = 1";
    const [row] = (await query<{ position: number }>("stream.position", text, [])).rows;
    if (!row) throw new StorageInconsistencyError("stream", "id", "1", "the row is missing");
    return keys.map(() => row.position);
  },
};

const countPool = forEachKey<DeviceOwner, { algorithm: string; count: number }, { algorithm: string; count: number }[]>(
  {
    name: "one_time_keys.count",
    parameters: device,
    select: `SELECT algorithm, count(*) AS count FROM one_time_keys row WHERE ${ofDevice} GROUP BY algorithm`,
    values: ownerValues,
    answer: (rows) => rows.map(({ algorithm, count }) => ({ algorithm, count })),
  },
);

const listUnusedFallbackAlgorithms = forEachKey<DeviceOwner, { algorithm: string }, string[]>({
  name: "fallback_keys.unused",
  parameters: device,
  select: `SELECT algorithm FROM fallback_keys row WHERE ${ofDevice} AND used = 0`,
  order: "algorithm",
  values: ownerValues,
  answer: (rows) => rows.map(({ algorithm }) => algorithm),
});

const listInbox = forEachKey<{ owner: DeviceOwner; after: number; limit: number }, InboxRow, InboxRow[]>({
  name: "to_device.list",
  parameters: { ...device, after: "bigint", most: "int" },
  select: `SELECT position, sender, type, content FROM to_device_inbox row
    WHERE ${ofDevice} AND row.position > asked.after ORDER BY position LIMIT asked.most`,
  order: "position",
  values: ({ owner, after, limit }) => [owner.userId, owner.deviceId, after, limit],
  answer: (rows) => rows.map(({ position, sender, type, content }) => ({ position, sender, type, content })),
});

const hasInboxUpTo = forEachKey<{ owner: DeviceOwner; upTo: number }, unknown, boolean>({
  name: "to_device.has",
  parameters: { ...device, up_to: "bigint" },
  select: `SELECT 1 FROM to_device_inbox row WHERE ${ofDevice} AND row.position <= asked.up_to LIMIT 1`,
  values: ({ owner, upTo }) => [owner.userId, owner.deviceId, upTo],
  answer: (rows) => rows.length > 0,
});

const listAccountData = forEachKey<
  { userId: string; since: number },
  { type: string; content: string; position: number },
  { type: string; content: string }[]
>({
  name: "account_data.changed",
  parameters: { user_id: "text", since: "bigint" },
  select: `SELECT type, content, position FROM account_data row
    WHERE row.user_id = asked.user_id AND row.position > asked.since`,
  order: "position",
  values: ({ userId, since }) => [userId, since],
  answer: (rows) => rows.map(({ type, content }) => ({ type, content })),
});

const findAccountData = forEachKey<{ userId: string; type: string }, { content: string }, string | undefined>({
  name: "account_data.find",
  parameters: { user_id: "text", type: "text" },
  select: "SELECT content FROM account_data row WHERE row.user_id = asked.user_id AND row.type = asked.type",
  values: ({ userId, type }) => [userId, type],
  answer: ([row]) => row?.content,
});

const listRecentChanges = forEachKey<{ userId: string; since: number }, HeardRow, HeardRow[]>({
  name: "device_lists.changed",
  parameters: { asking: "text", since: "bigint" },
  select: recentChangesText("asked.asking", "asked.since"),
  values: ({ userId, since }) => [userId, since],
  answer: (rows) => rows.map(({ user_id, what }) => ({ user_id, what })),
});

const deliver: SharedStatement<{ recipient: DeviceOwner; message: NewInboxRow }, undefined> = {
  writes: true,
  async run(query, deliveries) {
    const text = `INSERT INTO to_device_inbox (user_id, device_id, position, sender, type, content)
      SELECT user_id, device_id, (SELECT position FROM stream WHERE id = 1) - below, sender, type, content
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[])
        AS message(user_id, device_id, below, sender, type, content)`;
    await query("to_device.deliver", text, [
      deliveries.map(({ recipient }) => recipient.userId),
      deliveries.map(({ recipient }) => recipient.deviceId),
      deliveries.map(({ message }) => placeBelow(message.position)),
      deliveries.map(({ message }) => message.sender),
      deliveries.map(({ message }) => message.type),
      deliveries.map(({ message }) => message.content),
    ]);
    return deliveries.map(() => undefined);
  },
};

/** What a sync asks each time it begins to wait or is woken, and what a message to a device does. */
export function syncStatements(runner: StatementRunner): SyncStatements {
  return {
    findStreamPosition: () => runner.together(findStreamPosition, "stream"),
    countPool: (owner) => runner.together(countPool, owner),
    listUnusedFallbackAlgorithms: (owner) => runner.together(listUnusedFallbackAlgorithms, owner),
    listInbox: (owner, after, limit) => runner.together(listInbox, { owner, after, limit }),
    hasInboxUpTo: (owner, upTo) => runner.together(hasInboxUpTo, { owner, upTo }),
    deliver: (recipient, message) => runner.together(deliver, { recipient, message }),
    listAccountData: (userId, since) => runner.together(listAccountData, { userId, since }),
    findAccountData: (userId, type) => runner.together(findAccountData, { userId, type }),
    listRecentChanges: (userId, since) => runner.together(listRecentChanges, { userId, since }),
  };
}
