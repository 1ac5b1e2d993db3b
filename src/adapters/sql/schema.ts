/**
 * The whole database on one page, as the query builder sees it. The tables are made by `migrations/`.
 * Conventions: times are ms since the epoch; yes/no is 1/0; JSON is text; digests are bytes; `position` is a place in
 * the one stream (domain/kernel/stream-position.ts).
 */
export interface Schema {
  server_state: { name: string; value: string };
  stream: {
    id: number;
    position: number;
    commit_number: number;
    last_upload_order: number;
    /** The commit number before: a start of the server skips some. */
    previous_commit: number;
  };
  /** Work that one process does at a time. */
  leases: {
    name: string;
    /** Null once it is released. */
    holder: string | null;
    /** Rises each time that the lease changes hands. */
    token: number;
    /** By the database's clock. */
    expires_at: number;
  };

  accounts: {
    user_id: string;
    password_hash: string | null;
    is_admin: number;
    created_at: number;
    deactivated_at: number | null;
  };
  devices: {
    user_id: string;
    device_id: string;
    display_name: string | null;
    created_at: number;
    last_seen_at: number | null;
    last_seen_ip: string | null;
  };
  access_tokens: {
    digest: Buffer;
    user_id: string;
    device_id: string;
    created_at: number;
    expires_at: number | null;
    /** The refresh token that was issued together with this token. */
    refresh_digest: Buffer | null;
    /** The refresh token that ends when this token is first used; null once that has happened. */
    predecessor_digest: Buffer | null;
  };
  refresh_tokens: {
    digest: Buffer;
    user_id: string;
    device_id: string;
    created_at: number;
    /** The refresh token that this one replaces: it ends when this one, or its access token, is first used. */
    predecessor_digest: Buffer | null;
  };
  ui_auth_sessions: {
    session_id: string;
    method: string;
    path: string;
    body_digest: Buffer;
    /** Null where nobody is logged in yet (registration). */
    user_id: string | null;
    /** JSON array of the stages that were passed. */
    completed: string;
    created_at: number;
    consumed_at: number | null;
  };
  login_throttles: { subject: string; attempts: number; leaked_at: number };

  device_keys: {
    user_id: string;
    device_id: string;
    ed25519: string | null;
    curve25519: string | null;
    /** As uploaded: canonical JSON without `unsigned`. */
    json: string;
    /** As served: `json` with the public signatures by others and `unsigned` spliced in. */
    rendered: string;
  };
  /** The pools. */
  one_time_keys: {
    user_id: string;
    device_id: string;
    algorithm: string;
    /** From `stream.last_upload_order`, which rises with every key that is stored (rule C2). */
    upload_order: number;
    key_id: string;
    /** 16 bytes of SHA-256 over algorithm and public key (rule K5). */
    digest: Buffer;
    json: string;
  };
  /** One row per public key that is or was in a pool (rule K5): those without a key in the pool were issued. */
  remembered_keys: { user_id: string; device_id: string; algorithm: string; digest: Buffer; upload_order: number };
  fallback_keys: {
    user_id: string;
    device_id: string;
    algorithm: string;
    key_id: string;
    digest: Buffer;
    json: string;
    used: number;
  };
  claim_budgets: { user_id: string; device_id: string; claimer: string; remaining: number; refilled_at: number };
  cross_signing_keys: {
    user_id: string;
    usage: string;
    public_key: string;
    /** As uploaded: canonical JSON without `unsigned`. */
    json: string;
    /** As served to everybody. */
    rendered: string;
  };
  /** Signatures uploaded by `signatures/upload`, apart from the signed objects. */
  key_signatures: {
    target_user_id: string;
    /** A device id, or the public key of a cross-signing key. */
    target_key: string;
    signer_user_id: string;
    signer_key_id: string;
    signature: string;
  };

  device_list_changes: { user_id: string; public_position: number; own_position: number };
  acquaintances: { user_id: string; other_user_id: string; position: number };
  signature_notices: { signer_user_id: string; target_user_id: string; position: number };

  to_device_inbox: {
    user_id: string;
    device_id: string;
    position: number;
    sender: string;
    type: string;
    content: string;
  };
  to_device_sent: { user_id: string; device_id: string; event_type: string; txn_id: string; sent_at: number };
  account_data: { user_id: string; type: string; content: string; position: number };
  filters: { user_id: string; filter_id: string; definition: string };

  /** To-device messages that wait to be put in an appservice's transactions. */
  appservice_messages: {
    appservice_id: string;
    position: number;
    user_id: string;
    device_id: string;
    sender: string;
    type: string;
    content: string;
    queued_at: number;
  };
  /** Devices whose key counts an appservice is to be told. */
  appservice_count_notes: {
    appservice_id: string;
    user_id: string;
    device_id: string;
    /** Tells apart the notes of one device that were made at the same moment. */
    note: number;
    noted_at: number;
  };
  /** How far each appservice has been told, and how its transactions fare. */
  appservice_feeds: {
    appservice_id: string;
    /** All changes of device lists up to here have been told. */
    device_list_position: number;
    /** So have all events, and all typing and receipts. */
    event_position: number;
    ephemeral_position: number;
    /** A position of the history (rule E5) that the feed goes by. */
    history_position: number;
    /** A digest of the namespaces by which its users in rooms were found; "" where they are still to be looked for. */
    namespaces: string;
    /** In vain, since the last transaction was taken. */
    attempts: number;
    failing_since: number | null;
    last_error: string | null;
    next_attempt_at: number | null;
  };
  /** Transactions that were made, and not yet taken: at most one for each appservice. */
  appservice_transactions: { appservice_id: string; transaction_id: string; body: string; made_at: number };
  /** How each process asks appservices for keys: counts since the process began. */
  appservice_proxy_reports: {
    appservice_id: string;
    kind: "claim" | "query";
    process: string;
    reported_at: number;
    answered: number;
    failed: number;
    shared: number;
    spared: number;
    paused_until: number | null;
    last_error: string | null;
  };

  /** The keys that this server signs with, and those that it signed with before. */
  signing_keys: { key_id: string; public_key: string; made_at: number; expired_at: number | null };
  /** Keys of other servers, with some that have expired. */
  server_keys: {
    server_name: string;
    key_id: string;
    public_key: string;
    /** Until when requests signed with it are taken. */
    valid_until: number;
    /** Since when its server signs with it no more; null while it does. */
    expired_at: number | null;
    fetched_at: number;
  };
  /** What other servers have said last of their keys, as they have signed it: notaries give it away. */
  server_key_objects: {
    server_name: string;
    json: string;
    /** Until when any of its keys in use is taken. */
    valid_until: number;
    fetched_at: number;
  };
  openid_tokens: { digest: Buffer; user_id: string; expires_at: number };

  /** Servers that hear of a local user's devices though they share no room with the user. */
  listening_servers: { user_id: string; server_name: string; heard_at: number };
  /** The `stream_id` that a server was told last of a local user's device list. */
  told_device_lists: { destination: string; user_id: string; stream_id: number };

  /** Servers that do not take what they are sent. */
  destinations: {
    server_name: string;
    /** In vain, one after another. */
    attempts: number;
    failing_since: number;
    last_error: string;
    next_attempt_at: number;
  };
  /** To-device messages that wait to be put in a server's transactions: EDUs, as JSON text. */
  federation_messages: { destination: string; position: number; edu: string; queued_at: number };
  /** Devices whose keys a server is to be told anew: the newest row of each tells, earlier ones are on their way out. */
  federation_device_changes: {
    destination: string;
    user_id: string;
    /** "" for the cross-signing keys. */
    device_id: string;
    /** The `stream_id`. */
    position: number;
  };
  /** Transactions that were made, and not yet taken: at most one for each server. */
  federation_transactions: { destination: string; transaction_id: string; body: string; made_at: number };

  /** How many EDUs of a transaction have been done, or parts of them, where one is done in parts. */
  received_transactions: { origin: string; transaction_id: string; done: number; received_at: number };
  received_messages: { origin: string; message_id: string; received_at: number };

  /** Device lists of other servers' users that somebody here hears of. */
  remote_device_lists: {
    user_id: string;
    server_name: string;
    /** Null before it was first fetched. */
    stream_id: number | null;
    is_fresh: number;
    /** Until when its server has said that it tells of changes. */
    followed_until: number | null;
    /** To fetch it, in vain, one after another. */
    attempts: number;
    /** Null while there is nothing to fetch. */
    next_resync_at: number | null;
    used_at: number;
  };
  remote_device_keys: { user_id: string; device_id: string; ed25519: string | null; rendered: string };
  remote_cross_signing_keys: { user_id: string; usage: string; public_key: string; rendered: string };

  /** The highest numbers that were given, also to what is deleted. */
  key_backup_numbers: { user_id: string; last_version: number; last_set_id: number };
  key_backups: {
    user_id: string;
    version: number;
    algorithm: string;
    auth_data: string;
    /** The keys that belong to it. */
    set_id: number;
    key_count: number;
    etag: string;
  };
  backed_up_keys: {
    user_id: string;
    set_id: number;
    room_id: string;
    session_id: string;
    first_message_index: number;
    forwarded_count: number;
    is_verified: number;
    session_data: string;
    /** Who has uploaded it; null for an appservice without a device. */
    device_id: string | null;
    uploaded_at: number;
  };
  /** Keys that no backup has any more, and whose rows are to be removed. */
  deleted_key_sets: { user_id: string; set_id: number };

  rooms: {
    room_id: string;
    version: string;
    /** Of the newest event. */
    depth: number;
    /** The state that is in force; null before the first event. */
    state_after: number | null;
    /** The highest snapshot id that was given. */
    last_snapshot: number;
    joined_members: number;
    invited_members: number;
    /** Of the newest event. */
    event_position: number;
  };
  /** Events that no other event follows yet: the next one has them as its `prev_events`. */
  forward_extremities: { room_id: string; depth: number; event_id: string };
  events: {
    event_id: string;
    room_id: string;
    /** Null for what stands in no timeline: outliers, and what was rejected or failed softly. */
    position: number | null;
    depth: number;
    type: string;
    state_key: string | null;
    sender: string;
    origin_server_ts: number;
    content: string;
    /** What else the event has, as servers exchange it: JSON text without `content`. */
    envelope: string;
    /** The snapshots before and after it; null for an outlier. */
    state_before: number | null;
    state_after: number | null;
    /** Of a state event: the one whose place it took. */
    replaces_event_id: string | null;
    redacted_by: string | null;
    /** It is known, but not what came before it. */
    is_outlier: number;
    /** It breaks the authorisation rules. */
    is_rejected: number;
    /** It kept them where it stood, but broke them by the state in force when it came. */
    is_soft_failed: number;
  };
  /** A room's state at some time: what differs from the parent's (docs/decisions/0017). */
  state_snapshots: {
    room_id: string;
    snapshot_id: number;
    parent_id: number | null;
    /** How many state events lead to it. */
    height: number;
  };
  state_deltas: { room_id: string; snapshot_id: number; type: string; state_key: string; event_id: string | null };
  /** The state that is in force. */
  room_state: { room_id: string; type: string; state_key: string; event_id: string; position: number };
  room_members: {
    user_id: string;
    room_id: string;
    membership: string;
    event_id: string;
    position: number;
    is_forgotten: number;
  };
  /** When users were in rooms: since `joined_at` and before `left_at`, which is 2^53 - 1 as long as they are. */
  room_stays: { user_id: string; room_id: string; joined_at: number; left_at: number };
  /** Events that relate to another one. */
  event_relations: {
    event_id: string;
    parent_id: string;
    rel_type: string;
    type: string;
    sender: string;
    room_id: string;
    depth: number;
    position: number;
    /** Of an annotation's key: a key may be longer than an index takes. */
    key_digest: string | null;
  };
  /** What is in threads, by its sender, and with "" as the sender all of it. */
  threads: {
    room_id: string;
    root_id: string;
    sender: string;
    /** How many. */
    events: number;
    /** The place of the last one. */
    last_depth: number;
    last_position: number;
  };
  /** The events that devices have sent lately, by transaction id. */
  sent_events: {
    user_id: string;
    /** "" for an appservice without a device. */
    device_id: string;
    txn_id: string;
    room_id: string;
    event_type: string;
    event_id: string;
    sent_at: number;
  };

  room_aliases: { alias: string; room_id: string; creator: string; created_at: number };
  receipts: {
    room_id: string;
    user_id: string;
    receipt_type: string;
    /** "" for the receipt that belongs to no thread. */
    thread_id: string;
    event_id: string;
    /** Of the event that was read. */
    event_position: number;
    received_at: number;
    position: number;
  };
  typing: { room_id: string; user_id: string; ends_at: number };
  /** When somebody last began or ceased to type. */
  typing_changes: { room_id: string; position: number };
  room_account_data: { user_id: string; room_id: string; type: string; content: string; position: number };
  /** Values are JSON text. */
  profiles: { user_id: string; field: string; value: string };
  /** Rooms that have yet to hear of a new name or picture. */
  profile_changes: { user_id: string; room_id: string };
  /** Users whose accounts have ended, and who are to leave their rooms. */
  departures: { user_id: string };

  /**
   * An appservice's users in rooms, joined or invited: since `begun_at` and before `ended_at`, which is 2^53 - 1 as long
   * as they are. What has ended goes once the appservice has been told all until then.
   */
  appservice_room_members: {
    appservice_id: string;
    room_id: string;
    user_id: string;
    begun_at: number;
    ended_at: number;
  };
}
