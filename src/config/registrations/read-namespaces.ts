import type { AppserviceRegistration, Namespace } from "../../protocol/appservice-registration.ts";
import type { Place } from "../shapes/place.ts";
import { isMapping } from "../shapes/shape.ts";
import { isJavaScriptPattern, isQuickPattern } from "./pattern.ts";
import { entriesOf, flag, type Kind, type Raw, required } from "./registration-member.ts";

type Namespaces = AppserviceRegistration["namespaces"];

const sectionAllowed = "a section with users, aliases, rooms";
const listAllowed = "a list of namespaces, each with exclusive and regex";

const pattern: Kind<string> = {
  allowed: "a regular expression of JavaScript (without [:classes:], \\A and \\Z, which it does not know)",
  parse: (raw) => (typeof raw === "string" && isJavaScriptPattern(raw) ? raw : undefined),
};

const quickAllowed =
  "a pattern that never takes long: at most two repetitions such as .*, without repetitions or alternatives in them";

/** @throws ConfigError */
export function readNamespaces(raw: Raw, place: Place): Namespaces {
  const inside = place.inside("namespaces");
  const given = raw["namespaces"];
  if (given === undefined) throw inside.missing(sectionAllowed);
  const lists = given ?? {};
  if (!isMapping(lists)) throw inside.refusalOfKind(lists, sectionAllowed);
  const read = (kind: keyof Namespaces) =>
    entriesOf(lists, kind, listAllowed, inside).map(([entry, where]) => readNamespace(entry, where));
  return { users: read("users"), aliases: read("aliases"), rooms: read("rooms") };
}

function readNamespace(raw: unknown, place: Place): Namespace {
  if (!isMapping(raw)) throw place.refusalOfKind(raw, "a namespace with exclusive and regex");
  const exclusive = required(raw, "exclusive", flag, place);
  const regex = required(raw, "regex", pattern, place);
  if (!isQuickPattern(regex)) throw place.inside("regex").refusal(regex, quickAllowed);
  return { exclusive, regex };
}
