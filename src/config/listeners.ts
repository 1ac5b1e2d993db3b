import { isIP } from "node:net";
import { optional } from "./shapes/leaf.ts";
import { list } from "./shapes/lists.ts";
import { path } from "./shapes/paths.ts";
import type { Place } from "./shapes/place.ts";
import { choice, text, wholeNumber } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

export type ListenerResource = "client" | "federation" | "health" | "metrics" | "console";

/** PEM files, absolute paths. */
export interface TlsConfig {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface ListenerConfig {
  readonly port: number;
  readonly bind: string;
  readonly resources: readonly ListenerResource[];
  readonly tls: TlsConfig | undefined;
}

const resources = ["client", "federation", "health", "metrics", "console"] as const;
const servedByDefault = ["client", "federation", "health"];

const tlsShape: Shape<TlsConfig> = {
  ...section("TLS for this port.", {
    certificate: path({ about: "The certificate with its chain, a PEM file.", initial: undefined }),
    privateKey: path({ about: "Its private key, a PEM file.", initial: undefined }),
  }),
  unset: "plain HTTP, for a proxy in front",
  example: "{ certificate: cert.pem, private_key: key.pem }",
};

const listenerShape: Shape<ListenerConfig> = section("A port.", {
  port: wholeNumber({ from: 0, to: 65535 }, { about: "The TCP port; 0 takes a free one.", initial: 8008 }),
  bind: text({
    about: "The address to listen on; 0.0.0.0 or :: for all of this machine.",
    initial: "127.0.0.1",
    allowed: "an IP address or a host name",
    parse: (given) => (isIP(given) > 0 || isHostName(given) ? given : undefined),
  }),
  resources: list(choice(resources, { about: "What is served on this port.", initial: undefined }), {
    about: `What is served on this port: ${resources.join(", ")}.`,
    initial: servedByDefault,
    entries: "resources",
    atLeast: 1,
  }),
  tls: optional(tlsShape),
});

function isHostName(given: string): boolean {
  const isNumeric = /^[0-9.]+$/.test(given); // An IP address with a slip in it, such as 127.0.0.256.
  return (
    !isNumeric &&
    given.length <= 253 &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?$/i.test(given)
  );
}

export const listenersShape: Shape<readonly ListenerConfig[]> = list(listenerShape, {
  about: "The ports of the server.",
  initial: [{ port: 8008, bind: "127.0.0.1", resources: servedByDefault }],
  entries: "listeners, each with port, bind, resources, tls",
  atLeast: 1,
});

/**
 * Refuses the same port on the same address twice, which could only fail later.
 * @throws ConfigError
 */
export function refuseSharedPorts(listeners: readonly ListenerConfig[], place: Place): void {
  const taken = new Set<string>();
  for (const [index, { port, bind }] of listeners.entries()) {
    const address = `${bind}:${port}`;
    if (taken.has(address)) throw place.inside(index).inside("port").refusal(port, `each port of ${bind} only once`);
    if (port !== 0) taken.add(address);
  }
}
