import type { AppserviceRegistration } from "../../protocol/appservice-registration.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { parseUserId } from "../../protocol/identifiers/user-id.ts";
import { ConfigError } from "../config-error.ts";
import { parseBaseUrl } from "../shapes/base-url.ts";
import { Place } from "../shapes/place.ts";
import { isMapping } from "../shapes/shape.ts";
import { shownKind } from "../shapes/shown-value.ts";
import { readNamespaces } from "./read-namespaces.ts";
import { entriesOf, flag, type Kind, optional, type Raw, required } from "./registration-member.ts";

const anyServer = "localhost" as ServerName;

/**
 * Checks one registration by itself. Members that are not known here are the application service's own.
 * https://spec.matrix.org/v1.19/application-service-api/#registration
 *
 * @param raw the object that its file holds
 * @param serverName left out where it is for no server yet
 * @throws ConfigError one line that names the member, not the file
 */
export function readRegistration(raw: unknown, serverName = anyServer): AppserviceRegistration {
  if (!isMapping(raw)) {
    throw new ConfigError(`${shownKind(raw)} is not a registration: keys and values, such as \`id: irc\``);
  }
  const place = new Place({ folder: "/", variables: new Set() });
  return {
    id: required(raw, "id", name, place),
    url: required(raw, "url", address, place) ?? undefined,
    asToken: required(raw, "as_token", token, place),
    hsToken: required(raw, "hs_token", token, place),
    senderLocalpart: required(raw, "sender_localpart", localpartOn(serverName), place),
    namespaces: readNamespaces(raw, place),
    ...readFlags(raw, place),
    protocols: entriesOf(raw, "protocols", "a list of names", place).map(([entry, where]) => {
      if (typeof entry !== "string") throw where.refusal(entry, "a name");
      return entry;
    }),
  };
}

type Flag = "rateLimited" | "receivesEphemeral" | "encrypts" | "managesDevices" | "answersClaims" | "answersQueries";

function readFlags(raw: Raw, place: Place): Pick<AppserviceRegistration, Flag> {
  const read = (key: string, initial: boolean) => optional(raw, key, flag, initial, place);
  const stable = read("receive_ephemeral", false);
  const draft = read("de.sorunome.msc2409.push_ephemeral", false);
  return {
    rateLimited: read("rate_limited", true),
    receivesEphemeral: stable || draft,
    encrypts: read("org.matrix.msc3202", false),
    managesDevices: read("io.element.msc4190", false),
    answersClaims: read("org.matrix.msc3983", true),
    answersQueries: read("org.matrix.msc3984", true),
  };
}

const name: Kind<string> = {
  allowed: "a text of 1 to 255 characters without control characters",
  parse: (raw) => (typeof raw === "string" && /^\P{Cc}{1,255}$/u.test(raw) ? raw : undefined),
};

const address: Kind<string | null> = {
  allowed: "an http or https URL without user, query or fragment, or null for no traffic",
  parse: (raw) => {
    if (raw === null) return null;
    return typeof raw === "string" ? parseBaseUrl(raw) : undefined;
  },
};

/** It stands in headers. */
const token: Kind<string> = {
  allowed: "a text (quoted where it is a number) of 1 to 1000 printable ASCII characters without spaces",
  secret: true,
  parse: (raw) => (typeof raw === "string" && /^[!-~]{1,1000}$/.test(raw) ? raw : undefined),
};

/** By the historical grammar, for there are bridges as old as that; but an empty one is a mistake. */
function localpartOn(serverName: ServerName): Kind<string> {
  const isLocalpart = (text: string) =>
    text !== "" && !text.includes(":") && parseUserId(`@${text}:${serverName}`) !== undefined;
  return {
    allowed: "the part of a user id between @ and :, such as ircbot",
    parse: (raw) => (typeof raw === "string" && isLocalpart(raw) ? raw : undefined),
  };
}
