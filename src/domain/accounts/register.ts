import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Appservices } from "../appservices/appservices.ts";
import { challenge } from "../authentication/user-interactive/challenge.ts";
import { checkInteractiveAuth } from "../authentication/user-interactive/check-interactive-auth.ts";
import { consumeProof, namesOfProof } from "../authentication/user-interactive/consume-proof.ts";
import type {
  InteractiveAttempt,
  InteractiveAuthDeps,
  InteractiveProof,
  ProofStores,
} from "../authentication/user-interactive/interactive-attempt.ts";
import type { Random } from "../kernel/random.ts";
import type { Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { AccountStore } from "./account-store.ts";
import {
  type BeginSessionDeps,
  type BegunSession,
  beginSession,
  type ClientDescription,
  type SessionStores,
} from "./begin-session.ts";
import { checkUsernameAvailability } from "./check-username-availability.ts";
import { requirePassword } from "./password.ts";
import { newUserId, type RegistrationPolicy, registrationFlows, userInUse } from "./registration-policy.ts";

export interface RegisterDeps extends InteractiveAuthDeps, BeginSessionDeps {
  readonly unitOfWork: UnitOfWork<ProofStores & SessionStores & { accounts: AccountStore }>;
  readonly snapshots: Snapshots<ProofStores & { accounts: AccountStore }>;
  readonly registration: RegistrationPolicy;
  readonly appservices: Appservices;
}

export interface Registration {
  /** `undefined`: a user, not a guest. */
  readonly kind: string | undefined;
  /** `undefined`: the server chooses. */
  readonly username: string | undefined;
  /** Asked for once the authentication is passed: clients begin with an empty request to learn the flows. */
  readonly password: string | undefined;
  /** `undefined`: the account is all that is wanted. */
  readonly client: ClientDescription | undefined;
}

/**
 * Makes an account. Names are checked before the client authenticates itself, as the specification wants.
 *
 * @returns the session, or the user alone where no client was described
 * @throws UserInteractiveAuthRequired; MatrixError 403 `M_FORBIDDEN` when registration is closed, 403
 * `M_GUEST_ACCESS_FORBIDDEN`, 400 `M_USER_IN_USE`, `M_EXCLUSIVE`, `M_INVALID_USERNAME`, `M_MISSING_PARAM`,
 * `M_INVALID_PARAM`
 */
export async function register(
  deps: RegisterDeps,
  request: Omit<InteractiveAttempt, "flows">,
  registration: Registration,
): Promise<BegunSession | { readonly userId: UserId }> {
  const { token } = deps.registration;
  refuseGuests(registration.kind);
  const flows = registrationFlows(deps.registration);
  const attempt = { ...request, flows, ...(token !== undefined && { registrationToken: token }) };
  const userId = await checkUsernameAvailability(deps, registration.username ?? chooseLocalpart(deps));
  const proof = await checkInteractiveAuth(deps, attempt);
  return (proof && (await createAccount(deps, userId, proof, registration))) ?? challenge(deps, attempt);
}

async function createAccount(
  deps: RegisterDeps,
  userId: UserId,
  proof: InteractiveProof,
  { password, client }: Registration,
): Promise<BegunSession | { readonly userId: UserId } | undefined> {
  if (password === undefined) throw new MatrixError("M_MISSING_PARAM", '"password" is missing');
  const passwordHash = await deps.passwordHasher.hash(requirePassword(password, "password"));
  const createdAt = deps.clock.now();
  return deps.unitOfWork.run({ exclusive: [userId, ...namesOfProof(proof)] }, async (stores) => {
    if (!(await consumeProof(stores, proof))) return undefined;
    if (!(await stores.accounts.add({ userId, passwordHash, isAdmin: false, createdAt }))) throw userInUse();
    return client ? beginSession(deps, stores, userId, client) : { userId };
  });
}

function refuseGuests(kind: string | undefined): void {
  if (kind === undefined || kind === "user") return;
  if (kind === "guest") throw new MatrixError("M_GUEST_ACCESS_FORBIDDEN", "Guests are not served here");
  throw new MatrixError("M_INVALID_PARAM", 'kind must be "user" or "guest"');
}

/** Draws after which a name is hopeless: an appservice has all of them for itself. */
const mostDraws = 20;

/** A random name, not one that an appservice has for itself. */
function chooseLocalpart({ random, appservices, serverName }: RegisterDeps): string {
  let localpart = randomLocalpart(random);
  for (let draw = 1; draw < mostDraws && appservices.ownerOf(newUserId(localpart, serverName)); draw++) {
    localpart = randomLocalpart(random);
  }
  return localpart;
}

const letters = "abcdefghijklmnopqrstuvwxyz";

function randomLocalpart(random: Random): string {
  return Array.from(random.bytes(12), (byte) => letters[byte % letters.length]).join("");
}
