import { stillThere } from "./room-statements.ts";

/** `unclear`: the rows do not tell everything. */
export interface HeardRow {
  readonly user_id: string;
  readonly what: "changed" | "left" | "unclear";
}

/** Changes of a kind that are looked at one by one, whoever is concerned. */
const mostRecent = 64;

/**
 * What a user hears of since a position (rule S2), unless too much has happened since then, or the user itself has come or
 * gone: then rows say that it is unclear, and the others are true all the same. It begins with what has happened, for
 * that is little at a time, where rooms have thousands of members; a user may be in the rows more than once.
 *
 * @param user SQL of the user's id
 * @param since SQL of the position
 */
export function recentChangesText(user: string, since: string): string {
  const changes = newest("user_id", "device_list_changes", "public_position", `public_position > ${since}`);
  const coming = `joined_at > ${since}`;
  const came = newest("user_id, room_id, left_at", "room_stays", "joined_at", coming);
  const going = `left_at > ${since} AND left_at < ${stillThere}`;
  const went = newest("user_id, room_id, joined_at", "room_stays", "left_at", going);
  return `SELECT user_id, 'changed' AS what FROM device_list_changes
      WHERE user_id = ${user} AND (public_position > ${since} OR own_position > ${since})
    UNION ALL SELECT known.other_user_id, 'changed' FROM acquaintances known
      LEFT JOIN device_list_changes change ON change.user_id = known.other_user_id
      WHERE known.user_id = ${user} AND (known.position > ${since} OR change.public_position > ${since})
    UNION ALL SELECT target_user_id, 'changed' FROM signature_notices
      WHERE signer_user_id = ${user} AND position > ${since}
    UNION ALL SELECT changer.user_id, 'changed' FROM (${changes.page}) changer
      WHERE changer.user_id <> ${user} AND ${shareNow("changer.user_id", user)}
    UNION ALL SELECT came.user_id, CASE WHEN came.user_id = ${user} THEN 'unclear' ELSE 'changed' END
      FROM (${came.page}) came
      WHERE came.left_at = ${stillThere} AND (came.user_id = ${user} OR
        (${isIn(user, "came.room_id")} AND NOT ${sharedAt("came.user_id", user, since)}))
    UNION ALL SELECT went.user_id, CASE WHEN went.user_id = ${user} THEN 'unclear' ELSE 'left' END
      FROM (${went.page}) went
      WHERE went.joined_at <= ${since} AND (went.user_id = ${user} OR
        (${wasIn(user, "went.room_id", since)} AND NOT ${shareNow("went.user_id", user)}
          AND NOT ${know("went.user_id", user)}))
    UNION ALL SELECT '', 'unclear' WHERE ${changes.isFull} OR ${came.isFull} OR ${went.isFull}`;
}

function newest(columns: string, table: string, position: string, condition: string) {
  const first = (selected: string) => `SELECT ${selected} FROM ${table} WHERE ${condition} ORDER BY ${position}`;
  return {
    page: `${first(columns)} LIMIT ${mostRecent}`,
    isFull: `EXISTS (${first(position)} LIMIT 1 OFFSET ${mostRecent})`,
  };
}

function isIn(user: string, room: string): string {
  return any(`room_stays own WHERE own.left_at = ${stillThere} AND own.user_id = ${user} AND own.room_id = ${room}`);
}

function wasIn(user: string, room: string, position: string): string {
  return any(`room_stays own WHERE own.user_id = ${user} AND own.room_id = ${room}
    AND +own.joined_at <= ${position} AND +own.left_at > ${position}`);
}

/** SQL: whether both are in some room now; the rooms of `user` are gone through. Both arguments are SQL of user ids. */
export function shareNow(user: string, other: string): string {
  return any(`room_stays one WHERE one.left_at = ${stillThere} AND one.user_id = ${user}
    AND ${isIn(other, "one.room_id")}`);
}

/** SQL: whether both were in some room at a position, which is SQL too. */
export function sharedAt(user: string, other: string, position: string): string {
  return any(`room_stays one WHERE one.user_id = ${user} AND +one.joined_at <= ${position}
    AND +one.left_at > ${position} AND ${wasIn(other, "one.room_id", position)}`);
}

/** SQL: whether the user's devices or public cross-signing keys have changed since a position. */
export function changedSince(user: string, position: string): string {
  return any(`device_list_changes one WHERE one.user_id = ${user} AND +one.public_position > ${position}`);
}

function know(user: string, other: string): string {
  return any(`acquaintances known WHERE known.user_id = ${other} AND known.other_user_id = ${user}`);
}

/**
 * Whether there is such a row. Not EXISTS, which PostgreSQL makes a join of: it would then go through all members of a room
 * to find one of them. The `+` keeps both engines from an index of positions where another one leads to a user's rows.
 */
function any(rows: string): string {
  return `((SELECT 1 FROM ${rows} LIMIT 1) IS NOT NULL)`;
}
