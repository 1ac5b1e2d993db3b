import type { FastifyReply, FastifyRequest } from "fastify";
import { callerAddress } from "../caller-address.ts";
import { type BodyPlace, LargeBodies, largeBody } from "../limits/large-bodies.ts";
import { limitedAddress } from "../limits/limited-caller.ts";
import type { ServerSignatureDeps } from "./server-signature.ts";

/** By the server: there can be several in one process, each with several listeners. */
const underWay = new WeakMap<ServerSignatureDeps, LargeBodies>();

/**
 * Makes room for a body that is large, or does not say how large it is, until its request has ended: by an answer, a
 * hang-up, an error or its time.
 *
 * @returns `undefined` where no large body is to come
 * @throws as `LargeBodies.admit`
 */
export function admitLargeBody(
  servers: ServerSignatureDeps,
  request: FastifyRequest,
  { raw: response }: FastifyReply,
): BodyPlace | undefined {
  const bytes = expectedBytes(request);
  // Beyond what is read here it is refused before it is read.
  if (bytes <= largeBody || bytes > request.routeOptions.bodyLimit) return undefined;
  const bodies = underWay.get(servers) ?? new LargeBodies();
  underWay.set(servers, bodies);
  const place = bodies.admit(limitedAddress(callerAddress(request)), bytes);
  if (response.closed) place.end();
  else response.once("close", () => place.end());
  return place;
}

function expectedBytes({ headers, routeOptions }: FastifyRequest): number {
  const length = headers["content-length"];
  if (length !== undefined) return Number(length);
  return headers["transfer-encoding"] === undefined ? 0 : routeOptions.bodyLimit;
}
