import type { IncomingMessage, ServerResponse } from "node:http";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Appservice } from "../domain/appservices/appservices.ts";
import type { Requester } from "../domain/kernel/requester.ts";
import type { JsonObject } from "../protocol/json.ts";
import { MatrixError } from "../protocol/matrix-error.ts";
import { accessTokenOf } from "./authenticate/access-token.ts";
import { type AuthenticationDeps, authenticate } from "./authenticate/authenticate.ts";
import { type CallingAppserviceDeps, callingAppservice } from "./authenticate/calling-appservice.ts";
import { callerAddress } from "./caller-address.ts";
import { allowCrossOrigin } from "./cors.ts";
import { type Call, type Endpoint, RenderedJson, StatusAnswer } from "./endpoint.ts";
import { errorAnswer } from "./error-answer.ts";
import { limitedCaller } from "./limits/limited-caller.ts";
import type { RequestLimiter } from "./limits/request-limiter.ts";
import { BodyTooLargeError } from "./reading/body-too-large-error.ts";
import { parseBody } from "./reading/parse-body.ts";
import type { Query } from "./reading/query-parameter.ts";
import { describeInvalidBody, validatorCompiler } from "./reading/validate-body.ts";
import { refuseConnection } from "./refuse-connection.ts";
import type { RequestLog } from "./request-log.ts";
import { unroutedAnswer } from "./unrouted.ts";

export interface HttpServerOptions {
  readonly tls: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
  readonly maxBodyBytes: number;
  /** `undefined`: requests are not limited. */
  readonly limiter: RequestLimiter | undefined;
  readonly log: RequestLog;
  /** The route outside the Matrix API that this listener serves beside it: health, metrics. */
  readonly plainRoutes: readonly PlainRoute[];
}

/** What every request asks for, before its endpoint does. */
export type HttpServerDeps = AuthenticationDeps & CallingAppserviceDeps;

/** A route for operators and machines: it has no Matrix contract. */
export interface PlainRoute {
  readonly path: string;
  answer(): Promise<{ status: number; contentType: string; body: string }>;
}

const jsonType = "application/json; charset=utf-8";

/** Variables of a path are ids of up to 255 bytes, each of which may arrive as three characters. */
const longestParameter = 1024;

/** Ms in which a request must have arrived whole: a megabyte takes no longer over the worst of networks. */
const slowestRequest = 120_000;

/** Ms for which the requester, authenticated before the body is read, need not be looked at again once it is. */
const longestTrust = 1000;

/** Ms after which a connection on which nothing moves is closed: longer than the longest wait of a sync. */
const longestSilence = 180_000;

/** One listener's server: routing, reading, authentication, limits and errors for every endpoint in one place. */
export function createHttpServer<Deps>(
  endpoints: readonly Endpoint<Deps>[],
  deps: Deps & HttpServerDeps,
  options: HttpServerOptions,
): FastifyInstance {
  const app = Fastify({
    ...(options.tls && { https: options.tls }),
    logger: false,
    bodyLimit: options.maxBodyBytes,
    // A proxy in front, on this machine, says whom it speaks for; from elsewhere nobody is believed.
    trustProxy: "loopback",
    requestTimeout: slowestRequest,
    connectionTimeout: longestSilence,
    clientErrorHandler: refuseConnection,
    routerOptions: {
      maxParamLength: longestParameter,
      onBadUrl: (_path, _request, reply) => refuseUrl(reply, "The path is not valid percent-encoded UTF-8"),
      onMaxParamLength: (_path, _request, reply) => refuseUrl(reply, "A part of the path is too long"),
    },
    exposeHeadRoutes: false,
    forceCloseConnections: "idle",
    return503OnClosing: false,
  }) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  // Clients send JSON under any content type, or none.
  app.addContentTypeParser("*", { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) =>
    // What nobody will look at is not worth parsing, and there no limit holds the caller back.
    request.is404 ? undefined : parseBody(body),
  );
  app.setValidatorCompiler(validatorCompiler);
  let closing = false;
  app.addHook("onRequest", (request, reply, done) => {
    allowCrossOrigin(reply);
    // Fastify would refuse those that it cannot parse.
    request.raw.headers["content-type"] = undefined;
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    options.log.finished(request.routeOptions.config.operationId, request, reply);
    // Its connection would be kept for a next request, and the server with it.
    if (closing) app.server.closeIdleConnections();
    done();
  });
  app.addHook("preClose", (done) => {
    closing = true;
    done();
  });
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, options.log));
  app.setNotFoundHandler(async (request, reply) => {
    const { status, body, headers } = unroutedAnswer(request.method, pathOf(request.url), endpoints);
    return reply.code(status).headers(headers).type(jsonType).send(JSON.stringify(body));
  });
  for (const endpoint of endpoints) addEndpoint(app, endpoint, deps, options.limiter);
  for (const route of options.plainRoutes) addPlainRoute(app, route);
  return app;
}

function addEndpoint<Deps>(
  app: FastifyInstance,
  endpoint: Endpoint<Deps>,
  deps: Deps & HttpServerDeps,
  limiter: RequestLimiter | undefined,
): void {
  for (const url of endpoint.paths) {
    app.route({
      method: endpoint.method,
      url,
      ...(endpoint.body && { schema: { body: endpoint.body } }),
      config: { operationId: endpoint.operationId },
      // Refused callers are refused before their body is read.
      onRequest: async (request) => {
        const appservice = callingAppservice(deps, request);
        request.appservice = appservice;
        if (endpoint.caller === "user") request.requester = await authenticate(deps, request, appservice);
        const limited = limitedCaller({ appservice, requester: request.requester, ip: callerAddress(request) });
        if (limited !== undefined) limiter?.admit(endpoint.rateLimit, limited);
        request.authenticatedAt = deps.clock.monotonic();
      },
      preValidation: async (request) => {
        const { requester, appservice, authenticatedAt = 0 } = request;
        // A body can be held back until its sender has been logged out (rule S4).
        const isStale = deps.clock.monotonic() - authenticatedAt > longestTrust;
        if (requester && isStale) request.requester = await authenticate(deps, request, appservice);
        if (endpoint.body && request.body === undefined) throw new MatrixError("M_NOT_JSON", "The body is missing");
      },
      handler: async (request, reply) => {
        const call = callOf(request, reply.raw);
        const answer =
          endpoint.caller === "user"
            ? await endpoint.handle(deps, call as Call<NonNullable<typeof request.requester>>)
            : await endpoint.handle(deps, call as Call<undefined>);
        return sendAnswer(answer, reply.type(jsonType));
      },
    });
  }
}

function sendAnswer(answer: object, reply: FastifyReply): FastifyReply {
  if (answer instanceof RenderedJson) return reply.send(answer.text);
  if (answer instanceof StatusAnswer) return reply.code(answer.status).send(JSON.stringify(answer.body));
  return reply.send(JSON.stringify(answer));
}

function callOf(request: FastifyRequest, response: ServerResponse<IncomingMessage>): Call {
  return {
    requester: request.requester,
    accessToken: accessTokenOf(request),
    body: (request.body ?? {}) as JsonObject,
    params: request.params as Record<string, string>,
    query: request.query as Query,
    method: request.method,
    path: pathOf(request.url),
    ip: callerAddress(request),
    onHangUp: (listener) => void (response.closed ? listener() : response.once("close", listener)),
  };
}

function addPlainRoute(app: FastifyInstance, route: PlainRoute): void {
  app.get(route.path, { config: { operationId: route.path } }, async (_request, reply) => {
    const { status, contentType, body } = await route.answer();
    return reply.code(status).type(contentType).send(body);
  });
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: RequestLog): FastifyReply {
  const { status, body, headers, logged } = errorAnswer(fromFastify(error));
  if (logged !== undefined) log.failed(request.routeOptions.config.operationId, request, logged);
  return reply.code(status).headers(headers).type(jsonType).send(JSON.stringify(body));
}

/** Fastify's own refusals, in the specification's words. */
function fromFastify(error: unknown): unknown {
  const { code, validation, statusCode = 0 } = error as Partial<FastifyError>;
  if (validation) return new MatrixError("M_BAD_JSON", describeInvalidBody(validation));
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new BodyTooLargeError("The body is too large");
  if (code === "FST_ERR_CTP_INVALID_CONTENT_LENGTH") return new MatrixError("M_NOT_JSON", "The body was cut short");
  // The caller has hung up in the middle of the body, for example.
  if (statusCode >= 400 && statusCode < 500) return new MatrixError("M_UNKNOWN", "The request cannot be read");
  return error;
}

function refuseUrl(reply: FastifyReply | ServerResponse, problem: string): void {
  const body = JSON.stringify({ errcode: "M_INVALID_PARAM", error: problem });
  const raw = "raw" in reply ? reply.raw : reply;
  raw.writeHead(400, { "content-type": jsonType, "access-control-allow-origin": "*" }).end(body);
}

function pathOf(url: string): string {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}

declare module "fastify" {
  interface FastifyRequest {
    requester?: Requester;
    /** Whose token the request carries. */
    appservice?: Appservice | undefined;
    /** Ms, by the monotonic clock. */
    authenticatedAt?: number;
  }
  interface FastifyContextConfig {
    /** The contract's name, under which logs and metrics know the route. */
    operationId?: string;
  }
}
