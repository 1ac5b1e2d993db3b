import type { FastifyRequest } from "fastify";
import { type AssertIdentityDeps, assertIdentity } from "../../domain/accounts/assert-identity.ts";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import { type FindRequesterDeps, findRequester, missingToken } from "../../domain/authentication/find-requester.ts";
import { type NoteDeviceSeenDeps, noteDeviceSeen } from "../../domain/devices/note-device-seen.ts";
import type { Requester } from "../../domain/kernel/requester.ts";
import { callerAddress } from "../caller-address.ts";
import type { Query } from "../reading/query-parameter.ts";
import { accessTokenOf } from "./access-token.ts";
import { assertedIdentity } from "./asserted-identity.ts";

export interface AuthenticationDeps
  extends Omit<FindRequesterDeps, "unitOfWork" | "snapshots">,
    Omit<NoteDeviceSeenDeps, "unitOfWork"> {
  readonly unitOfWork: FindRequesterDeps["unitOfWork"] & NoteDeviceSeenDeps["unitOfWork"];
  readonly snapshots: FindRequesterDeps["snapshots"] & AssertIdentityDeps["snapshots"];
}

/**
 * Who makes a request, by its access token.
 *
 * @param appservice whose token it is; `undefined`: it is a user's, or none
 * @throws MatrixError 401 `M_MISSING_TOKEN`, `M_UNKNOWN_TOKEN`; as `assertIdentity` and `assertedIdentity`
 */
export async function authenticate(
  deps: AuthenticationDeps,
  request: FastifyRequest,
  appservice: Appservice | undefined,
): Promise<Requester> {
  const requester = appservice
    ? await assertIdentity(deps, appservice, assertedIdentity(request.query as Query))
    : await holderOf(deps, accessTokenOf(request));
  // Nobody waits for it, and a request that could not be noted is answered all the same.
  noteDeviceSeen(deps, requester, callerAddress(request)).catch(() => undefined);
  return requester;
}

async function holderOf(deps: AuthenticationDeps, token: string | undefined): Promise<Requester> {
  if (token === undefined) throw missingToken();
  return findRequester(deps, token);
}
