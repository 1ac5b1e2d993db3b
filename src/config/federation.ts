import { parseServerName, type ServerName } from "../protocol/identifiers/server-name.ts";
import { list, table } from "./shapes/lists.ts";
import { path } from "./shapes/paths.ts";
import { flag, text } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

export interface FederationConfig {
  readonly enabled: boolean;
  /** Absolute paths of PEM files. */
  readonly trustedCa: readonly string[];
  readonly allowPrivateAddresses: boolean;
  /** Server name -> `host:port`. Has no prototype. */
  readonly resolveOverrides: Readonly<Record<string, string>>;
  readonly notaries: readonly ServerName[];
}

export const federationShape: Shape<FederationConfig> = section("Talking to other servers.", {
  enabled: flag({ about: "Whether this server talks to other servers at all.", initial: true }),
  trustedCa: list(path({ about: "A PEM file.", initial: undefined }), {
    about: "Certificate authorities (PEM files) to trust in addition, for private federations and tests.",
    initial: [],
    entries: "paths",
  }),
  allowPrivateAddresses: flag({
    about: "Whether requests to other servers may go to loopback and private addresses.",
    initial: false,
  }),
  resolveOverrides: table({
    about: "Where to find servers, instead of asking the DNS, for private networks and tests; TLS is still checked.",
    initial: {},
    example: "{ other.example: 10.0.0.2:8448 }",
    allowed: "server names, each with a host:port, such as { other.example: 10.0.0.2:8448 }",
    parseName: parseServerName,
    parseValue: parseHostAndPort,
  }),
  notaries: list(
    text({ about: "A server name.", initial: undefined, allowed: "a server name", parse: parseServerName }),
    {
      about:
        "Servers to ask, in this order, for the keys of servers that do not answer. They could make up keys: name only whom you trust.",
      initial: [],
      entries: "server names",
    },
  ),
});

function parseHostAndPort(value: unknown): string | undefined {
  const port = typeof value === "string" ? Number(/:(\d{1,5})$/.exec(value)?.[1]) : Number.NaN;
  return port >= 1 && port <= 65535 ? parseServerName(value) : undefined;
}
