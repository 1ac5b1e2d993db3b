import { consumePassword } from "../check-password.ts";
import { nameOfAttempts } from "../throttle-logins.ts";
import { type InteractiveProof, type ProofStores, sessionLifetime } from "./interactive-attempt.ts";

/** What the unit that consumes the proof must hold exclusively. */
export function namesOfProof({ password }: InteractiveProof): string[] {
  return password ? [nameOfAttempts(password.source)] : [];
}

/**
 * Inside the unit that does what was authenticated: uses the proof up.
 * False when the session was used by another request, or the password changed since it was checked.
 */
export async function consumeProof(stores: ProofStores, proof: InteractiveProof): Promise<boolean> {
  const { sessionId, password, passedAt } = proof;
  if (password && !(await consumePassword(stores, password))) return false;
  if (sessionId === undefined) return true;
  return stores.interactiveSessions.consume(sessionId, passedAt - sessionLifetime, passedAt);
}
