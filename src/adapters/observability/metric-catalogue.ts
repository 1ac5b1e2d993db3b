/** What a label can be: its values where they are known beforehand, else a text that says what they are. */
type LabelValues = readonly string[] | string;

interface Description {
  readonly name: string;
  /** One sentence for `# HELP` and for docs/metrics.md. */
  readonly help: string;
}

export interface CounterDescription extends Description {
  readonly kind: "counter";
  readonly labels?: Readonly<Record<string, LabelValues>>;
}

export interface GaugeDescription extends Description {
  readonly kind: "gauge";
  readonly labels?: Readonly<Record<string, LabelValues>>;
}

export interface HistogramDescription extends Description {
  readonly kind: "histogram";
  readonly labels?: Readonly<Record<string, LabelValues>>;
  /** Upper bounds of the buckets, ascending, in the metric's unit: seconds, or keys. */
  readonly bounds: readonly number[];
}

export type MetricDescription = CounterDescription | GaugeDescription | HistogramDescription;

const appserviceId = "the `id` of its registration";

/** Every metric of our own; docs/metrics.md is made from it. Labels never hold a user's, device's or server's name. */
export const metricCatalogue = {
  claims: {
    name: "claviger_claims_total",
    kind: "counter",
    help: "Devices answered in key claims, by what they were answered with.",
    labels: { source: ["one_time_key", "appservice", "fallback_key", "none"] },
  },
  busiestClaimer: {
    name: "claviger_claims_by_busiest_claimer",
    kind: "gauge",
    help: "The most one-time keys that one claimer took of one device, in the current refill window or the one before.",
  },
  keyUploads: {
    name: "claviger_key_uploads_total",
    kind: "counter",
    help: "Key uploads that were stored.",
  },
  oneTimeKeysStored: {
    name: "claviger_one_time_keys_stored_total",
    kind: "counter",
    help: "One-time keys that uploads added to pools.",
  },
  poolSize: {
    name: "claviger_one_time_key_pool_size",
    kind: "histogram",
    help: "Unissued one-time keys per device and algorithm, seen after each upload.",
    bounds: [0, 5, 10, 20, 30, 40, 50, 60, 75, 100, 200, 500],
  },
  duplicateKeysRefused: {
    name: "claviger_duplicate_one_time_keys_refused_total",
    kind: "counter",
    help: "One-time keys refused because their id is in the pool with another public key.",
  },
  badKeySignatures: {
    name: "claviger_bad_key_signatures_total",
    kind: "counter",
    help: "Uploaded keys whose signature does not verify.",
  },
  identityReplacements: {
    name: "claviger_identity_replacements_total",
    kind: "counter",
    help: "Devices that came back with other identity keys.",
  },
  toDeviceMessages: {
    name: "claviger_to_device_messages_total",
    kind: "counter",
    help: "To-device messages put in inboxes.",
  },
  logins: {
    name: "claviger_logins_total",
    kind: "counter",
    help: "Log-in attempts, by how they ended.",
    labels: { outcome: ["success", "failure", "throttled"] },
  },
  appserviceUp: {
    name: "claviger_appservice_up",
    kind: "gauge",
    help: "1 while an appservice takes its transactions, 0 since the first that it did not take.",
    labels: { appservice: appserviceId },
  },
  appserviceQueue: {
    name: "claviger_appservice_queue_length",
    kind: "gauge",
    help: "Messages and changed key counts that wait for an appservice; 10000 stands for so many or more.",
    labels: { appservice: appserviceId },
  },
  appserviceQueueAge: {
    name: "claviger_appservice_queue_age_seconds",
    kind: "gauge",
    help: "How long the first of them has waited; 0 when none does.",
    labels: { appservice: appserviceId },
  },
  appserviceBackoff: {
    name: "claviger_appservice_backoff_seconds",
    kind: "gauge",
    help: "For how long an appservice is not asked, because it failed; 0 when it is asked.",
    labels: { appservice: appserviceId, what: ["transactions", "claims", "queries"] },
  },
  appserviceTransactions: {
    name: "claviger_appservice_transactions_total",
    kind: "counter",
    help: "Attempts to send a transaction to an appservice, by how they ended.",
    labels: { appservice: appserviceId, outcome: ["delivered", "failed"] },
  },
  appserviceKeys: {
    name: "claviger_appservice_keys_asked_total",
    kind: "counter",
    help: "Claims, and users in queries, that an appservice was to answer: it has answered or failed, another's answer was shared, or it was spared.",
    labels: {
      appservice: appserviceId,
      kind: ["claim", "query"],
      outcome: ["answered", "failed", "shared", "spared"],
    },
  },
  appserviceKeysDropped: {
    name: "claviger_appservice_keys_dropped_total",
    kind: "counter",
    help: "Keys in an appservice's answers that it was not asked for, or that have a wrong shape.",
    labels: { appservice: appserviceId },
  },
  federationRequests: {
    name: "claviger_federation_requests_total",
    kind: "counter",
    help: "Requests to other servers, by what they ask for and how they ended; `spared`: the server has not answered before and was not asked.",
    labels: { kind: ["claim", "query", "devices", "server_keys"], outcome: ["answered", "failed", "spared"] },
  },
  federationKeysDropped: {
    name: "claviger_federation_keys_dropped_total",
    kind: "counter",
    help: "Keys in other servers' answers that they were not asked for, or that have a wrong shape.",
  },
  federationTransactions: {
    name: "claviger_federation_transactions_total",
    kind: "counter",
    help: "Attempts to send a transaction to another server, by how they ended.",
    labels: { outcome: ["delivered", "failed"] },
  },
  federationMessagesForgotten: {
    name: "claviger_federation_messages_forgotten_total",
    kind: "counter",
    help: "To-device messages for other servers that were given up: they had waited for too long, or were too many.",
  },
  federationDestinations: {
    name: "claviger_federation_destinations",
    kind: "gauge",
    help: "Other servers for which something waits, and those that do not take it; 10000 stands for so many or more.",
    labels: { state: ["waiting", "failing"] },
  },
  serversRefused: {
    name: "claviger_federation_requests_refused_total",
    kind: "counter",
    help: "Requests of other servers that were refused before they were looked into.",
    labels: { reason: ["malformed", "other_destination", "unknown_key", "bad_signature"] },
  },
  edus: {
    name: "claviger_federation_edus_total",
    kind: "counter",
    help: "EDUs of other servers; `dropped`: malformed, or about somebody else's users; `repeated`: sent before.",
    labels: {
      type: ["m.direct_to_device", "m.device_list_update", "m.signing_key_update", "other"],
      outcome: ["taken", "repeated", "dropped"],
    },
  },
  deviceListsFetched: {
    name: "claviger_remote_device_lists_fetched_total",
    kind: "counter",
    help: "Attempts to fetch the device list of another server's user; `gone`: it is not tried again.",
    labels: { outcome: ["fetched", "failed", "gone"] },
  },
  waitingSyncs: {
    name: "claviger_waiting_syncs",
    kind: "gauge",
    help: "Syncs that wait for something new.",
  },
  requestDuration: {
    name: "claviger_request_duration_seconds",
    kind: "histogram",
    help: "Time from a request's arrival to the end of its answer; a sync's includes its wait.",
    labels: {
      operation: "the specification's operationId, `unrouted` for an unknown path",
      status: "the class of the status: `2xx`, `4xx`, `5xx`",
    },
    bounds: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  queryDuration: {
    name: "claviger_query_duration_seconds",
    kind: "histogram",
    help: "Time of each named database query.",
    labels: { query: "the query's name, such as `one_time_keys.take`" },
    bounds: [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2],
  },
  buildInfo: {
    name: "claviger_build_info",
    kind: "gauge",
    help: "Always 1; the label tells what runs.",
    labels: { version: "the server's version" },
  },
} as const satisfies Readonly<Record<string, MetricDescription>>;
