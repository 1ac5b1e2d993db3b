/** One SRV record. https://www.rfc-editor.org/rfc/rfc2782 */
export interface Service {
  /** The host; `.` or empty: there is decidedly no such service. */
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** What the DNS says. */
export interface Resolver {
  /** IPv4 and IPv6 addresses of a host. Rejects when there are none. */
  addresses(host: string): Promise<readonly string[]>;
  /** The SRV records under a name such as `_matrix-fed._tcp.example.org`; none, or a rejection, when there are none. */
  services(name: string): Promise<readonly Service[]>;
}
