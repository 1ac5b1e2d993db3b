import type { FastifyReply, FastifyRequest } from "fastify";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import type { Requester } from "../../domain/kernel/requester.ts";
import { callerAddress } from "../caller-address.ts";
import type { Endpoint, RequestingServer } from "../endpoint.ts";
import type { BodyPlace } from "../limits/large-bodies.ts";
import { limitedAddress, limitedCaller, limitedServer } from "../limits/limited-caller.ts";
import type { RequestLimiter } from "../limits/request-limiter.ts";
import { type AuthenticationDeps, authenticate } from "./authenticate.ts";
import { type CallingAppserviceDeps, callingAppservice } from "./calling-appservice.ts";
import { admitLargeBody } from "./large-body.ts";
import {
  type AssertedServer,
  badSignature,
  findAssertedServer,
  isSigned,
  type ServerSignatureDeps,
} from "./server-signature.ts";
import { readSignedBody } from "./signed-body.ts";

export type ClientGateDeps = AuthenticationDeps & CallingAppserviceDeps;

interface GateOptions {
  /** `undefined`: requests are not limited. */
  readonly limiter: RequestLimiter | undefined;
  readonly servers?: ServerSignatureDeps;
}

/** Ms for which the requester, authenticated before the body is read, need not be looked at again once it is. */
const longestTrust = 1000;

/** Who lets a request in, before its body is read and once it is. */
export interface Gate {
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Parses the body, where it is not just parsed. */
  readonly readBody?: (request: FastifyRequest, bytes: Buffer) => Promise<unknown>;
  confirm(request: FastifyRequest): Promise<void>;
}

/** For users, and for anybody. */
export function clientGate(
  { caller, rateLimit }: Endpoint<never>,
  deps: ClientGateDeps,
  { limiter }: GateOptions,
): Gate {
  return {
    async admit(request) {
      const appservice = callingAppservice(deps, request);
      request.appservice = appservice;
      if (caller === "user") request.requester = await authenticate(deps, request, appservice);
      const limited = limitedCaller({ appservice, requester: request.requester, ip: callerAddress(request) });
      if (limited !== undefined) limiter?.admit(rateLimit, limited);
      request.authenticatedAt = deps.clock.monotonic();
    },
    async confirm(request) {
      const { requester, appservice, authenticatedAt = 0 } = request;
      // A body can be held back until its sender has been logged out (rule S4).
      const isStale = deps.clock.monotonic() - authenticatedAt > longestTrust;
      if (requester && isStale) request.requester = await authenticate(deps, request, appservice);
    },
  };
}

/** For other servers, whose requests are signed. */
export function serverGate({ operationId, rateLimit }: Endpoint<never>, { limiter, servers }: GateOptions): Gate {
  if (servers === undefined) throw new Error(`${operationId} is for other servers, and nothing says how to know them`);
  const asserted = ({ assertedServer }: FastifyRequest): AssertedServer => {
    if (assertedServer === undefined) throw new Error(`${operationId} was not admitted`);
    return assertedServer;
  };
  const letIn = (request: FastifyRequest) => {
    const { origin } = asserted(request);
    limiter?.admit(rateLimit, limitedServer(origin));
    request.requestingServer = { origin };
  };
  return {
    async admit(request, reply) {
      // Whoever sends a request can make this server look for any server's keys.
      const address = limitedAddress(callerAddress(request));
      limiter?.admit(rateLimit, address);
      const mayMeet = () => {
        limiter?.admit("strangers", address);
        return true;
      };
      request.assertedServer = await findAssertedServer(servers, request.headers.authorization, mayMeet);
      request.bodyPlace = admitLargeBody(servers, request, reply);
    },
    readBody(request, bytes) {
      const { method, url: uri } = request;
      const server = asserted(request);
      return inPlace(request, () =>
        readSignedBody(bytes, {
          verify: (content) => isSigned(servers, server, { method, uri, content }),
          verified: () => letIn(request),
          refusal: () => badSignature(servers, server),
        }),
      );
    },
    async confirm(request) {
      if (request.requestingServer) return;
      // There is no body.
      const { method, url: uri } = request;
      const server = asserted(request);
      if (!(await isSigned(servers, server, { method, uri, content: undefined }))) throw badSignature(servers, server);
      letIn(request);
    },
  };
}

/** Does what holds the request's body, if that is a large one, in the place that it has. */
export function inPlace<T>({ bodyPlace }: FastifyRequest, work: () => Promise<T>): Promise<T> {
  return bodyPlace ? bodyPlace.during(work) : work();
}

declare module "fastify" {
  interface FastifyRequest {
    requester?: Requester;
    /** Whose token the request carries. */
    appservice?: Appservice | undefined;
    /** Ms, by the monotonic clock. */
    authenticatedAt?: number;
    /** Who says to have signed the request. */
    assertedServer?: AssertedServer;
    /** Of a large body. */
    bodyPlace?: BodyPlace | undefined;
    /** Who has signed it. */
    requestingServer?: RequestingServer;
  }
}
