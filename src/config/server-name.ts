import { parseServerName, type ServerName } from "../protocol/identifiers/server-name.ts";
import { text } from "./shapes/scalars.ts";
import type { Shape } from "./shapes/shape.ts";

export const serverNameShape: Shape<ServerName> = text({
  about: "The part after the colon in user ids. It is in every key and signature, so it cannot be changed later.",
  initial: undefined,
  allowed: "a host name, such as example.org, or an IP address (IPv6 in brackets), with or without a port",
  parse: parseServerName,
});
