import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { makeUserId } from "../../protocol/identifiers/user-id.ts";
import { hiddenValue } from "../shapes/shown-value.ts";
import { clash, exclusiveNamespaces, pairsOf, type RegistrationFile } from "./registration-file.ts";

/**
 * Refuses registrations that could be taken for each other: by their id, by a token, or by their own user.
 * @throws ConfigError
 */
export function refuseClashes(files: readonly RegistrationFile[], serverName: ServerName): void {
  for (const [later, earlier] of pairsOf(files)) {
    refuseSameId(later, earlier);
    refuseSameToken(later, earlier);
    refuseSameSender(later, earlier);
    refuseOwnedSender(later, earlier, serverName);
    refuseOwnedSender(earlier, later, serverName);
  }
}

function refuseSameId(later: RegistrationFile, earlier: RegistrationFile): void {
  const { id } = later.registration;
  if (id === earlier.registration.id) throw clash(later, "id", id, `one that ${earlier.path} does not have already`);
}

/** Also not the other's `hs_token`: who receives that one could act as this appservice. */
function refuseSameToken(later: RegistrationFile, earlier: RegistrationFile): void {
  const [mine, other] = [later.registration, earlier.registration];
  if (mine.asToken === other.asToken) throw sharedToken(later, "as_token", "as_token", earlier);
  if (mine.asToken === other.hsToken) throw sharedToken(later, "as_token", "hs_token", earlier);
  if (mine.hsToken === other.asToken) throw sharedToken(later, "hs_token", "as_token", earlier);
}

function sharedToken(later: RegistrationFile, key: string, otherKey: string, earlier: RegistrationFile) {
  return clash(later, key, hiddenValue, `one that is not the ${otherKey} of ${earlier.path}`);
}

function refuseSameSender(later: RegistrationFile, earlier: RegistrationFile): void {
  const { senderLocalpart } = later.registration;
  if (senderLocalpart !== earlier.registration.senderLocalpart) return;
  throw clash(later, "sender_localpart", senderLocalpart, `one that ${earlier.path} does not have already`);
}

function refuseOwnedSender(file: RegistrationFile, owner: RegistrationFile, serverName: ServerName): void {
  const { senderLocalpart } = file.registration;
  const sender = makeUserId(senderLocalpart, serverName);
  const owning = exclusiveNamespaces(owner, "users").find(({ regex }) => new RegExp(`^(?:${regex})`).test(sender));
  if (owning === undefined) return;
  const allowed = `one outside of the exclusive ${owning.name} of ${owner.path}, in which ${sender} lies`;
  throw clash(file, "sender_localpart", senderLocalpart, allowed);
}
