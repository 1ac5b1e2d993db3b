import type { FastifyRequest } from "fastify";
import { type FindRequesterDeps, findRequester } from "../../domain/authentication/find-requester.ts";
import { type NoteDeviceSeenDeps, noteDeviceSeen } from "../../domain/devices/note-device-seen.ts";
import type { Requester } from "../../domain/kernel/requester.ts";
import { callerAddress } from "../caller-address.ts";
import { accessTokenOf } from "./access-token.ts";

export interface AuthenticationDeps
  extends Omit<FindRequesterDeps, "unitOfWork">,
    Omit<NoteDeviceSeenDeps, "unitOfWork"> {
  readonly unitOfWork: FindRequesterDeps["unitOfWork"] & NoteDeviceSeenDeps["unitOfWork"];
}

/**
 * Who makes a request, by its access token.
 * @throws MatrixError 401 `M_MISSING_TOKEN`, `M_UNKNOWN_TOKEN`
 */
export async function authenticate(deps: AuthenticationDeps, request: FastifyRequest): Promise<Requester> {
  const { access_token: queryToken } = request.query as Record<string, unknown>;
  const requester = await findRequester(deps, accessTokenOf(request.headers.authorization, queryToken));
  // Nobody waits for it, and a request that could not be noted is answered all the same.
  noteDeviceSeen(deps, requester, callerAddress(request)).catch(() => undefined);
  return requester;
}
