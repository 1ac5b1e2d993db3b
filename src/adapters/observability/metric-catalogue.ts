/** What a label can be: its values where they are known beforehand, else a text that says what they are. */
type LabelValues = readonly string[] | string;

interface Description {
  readonly name: string;
  /** One sentence for `# HELP` and for docs/metrics.md. */
  readonly help: string;
}

export interface CounterDescription extends Description {
  readonly kind: "counter";
  /** At most one label, with a closed set of values: every series is there from the start, at 0. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
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

/** Every metric of our own; docs/metrics.md is made from it. Labels never hold a user's, device's or server's name. */
export const metricCatalogue = {
  claims: {
    name: "claviger_claims_total",
    kind: "counter",
    help: "Devices answered in key claims, by what they were answered with.",
    labels: { source: ["one_time_key", "fallback_key", "none"] },
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
