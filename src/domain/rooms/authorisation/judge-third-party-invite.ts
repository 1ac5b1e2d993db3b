import { isJsonObject, type JsonObject } from "../../../protocol/json.ts";
import { signingBytes, verifySignatureText } from "../../../protocol/signed-json.ts";
import type { Refusal } from "./auth-event.ts";
import { currentMembership } from "./current-membership.ts";
import { type Judgement, refuse } from "./judgement.ts";

/**
 * How many signatures, and how many keys, are tried. There is one signature in an honest invite, by one of two keys; each
 * of these with each of those is what a hostile one may cost.
 */
const mostTried = 6;

/** Rule 4.4.1, in version 12 rule 5.4.1. */
export function judgeThirdPartyInvite(judgement: Judgement, target: string): Refusal | undefined {
  const { event, state } = judgement;
  const { third_party_invite: invite } = event.content;
  // 4.4.1.1
  if (currentMembership(state, target) === "ban") return refuse(judgement, "4.4.1.1", "The user is banned");
  // 4.4.1.2
  const signed = isJsonObject(invite) ? invite["signed"] : undefined;
  if (!isJsonObject(signed)) return refuse(judgement, "4.4.1.2", "third_party_invite.signed is missing");
  const { mxid, token } = signed;
  // 4.4.1.3
  if (typeof mxid !== "string" || typeof token !== "string") {
    return refuse(judgement, "4.4.1.3", "third_party_invite.signed needs mxid and token");
  }
  // 4.4.1.4
  if (mxid !== target) return refuse(judgement, "4.4.1.4", "The third-party invite is for another user");
  // 4.4.1.5
  const given = state.find("m.room.third_party_invite", token);
  if (!given) return refuse(judgement, "4.4.1.5", "The room has no third-party invite with this token");
  // 4.4.1.6
  if (event.sender !== given.sender) return refuse(judgement, "4.4.1.6", "The third-party invite is somebody else's");
  // 4.4.1.7, 4.4.1.8
  if (isSignedByAny(signed, publicKeysIn(given.content))) return undefined;
  return refuse(judgement, "4.4.1.8", "The third-party invite is not signed by a key that the room knows");
}

/** 4.4.1.7.1 and 4.4.1.7.2; in the standard alphabet, for both are allowed here. */
function publicKeysIn({ public_key: single, public_keys: listed }: JsonObject): string[] {
  const entries = Array.isArray(listed) ? listed.slice(0, mostTried) : [];
  const keys = [single, ...entries.map((entry) => (isJsonObject(entry) ? entry["public_key"] : undefined))];
  const texts = keys.filter((key) => typeof key === "string").slice(0, mostTried);
  return texts.map((key) => key.replaceAll("-", "+").replaceAll("_", "/"));
}

function isSignedByAny(signed: JsonObject, publicKeys: readonly string[]): boolean {
  const bytes = signingBytes(signed);
  return signaturesIn(signed).some((signature) => publicKeys.some((key) => verifySignatureText(bytes, signature, key)));
}

function signaturesIn({ signatures }: JsonObject): string[] {
  if (!isJsonObject(signatures)) return [];
  const found: string[] = [];
  for (const ofServer of Object.values(signatures)) {
    if (!isJsonObject(ofServer)) continue;
    for (const [keyId, signature] of Object.entries(ofServer)) {
      if (keyId.startsWith("ed25519:") && typeof signature === "string") found.push(signature);
      if (found.length === mostTried) return found;
    }
  }
  return found;
}
