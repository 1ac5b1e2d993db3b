import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Pace } from "../domain/kernel/pace.ts";
import type { JsonObject } from "../protocol/json.ts";
import { MatrixError } from "../protocol/matrix-error.ts";
import { accessTokenOf } from "./authenticate/access-token.ts";
import { type ClientGateDeps, clientGate, type Gate, inPlace, serverGate } from "./authenticate/gates.ts";
import type { ServerSignatureDeps } from "./authenticate/server-signature.ts";
import { callerAddress } from "./caller-address.ts";
import { allowCrossOrigin } from "./cors.ts";
import { type Call, type Endpoint, RenderedJson, StatusAnswer, StreamedJson } from "./endpoint.ts";
import { errorAnswer } from "./error-answer.ts";
import { limitedAddress } from "./limits/limited-caller.ts";
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
  /** What endpoints for other servers ask for, before they do what they do; needed where there are any. */
  readonly servers?: ServerSignatureDeps;
}

/** What every request asks for, before its endpoint does. */
export type HttpServerDeps = ClientGateDeps;

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
  app.addContentTypeParser("*", { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) => {
    // What nobody will look at is not worth parsing, and there no limit holds the caller back.
    if (request.is404) return undefined;
    const { readBody = (_request, bytes) => parseBody(bytes) } = request.routeOptions.config;
    return readBody(request, body);
  });
  app.setValidatorCompiler(validatorCompiler);
  let closing = false;
  app.addHook("onRequest", (request, reply, done) => {
    allowCrossOrigin(reply);
    // Fastify would refuse those that it cannot parse.
    request.raw.headers["content-type"] = undefined;
    done();
  });
  // Clients that were woken together come back together.
  const pace = new Pace(deps.clock);
  app.addHook("onRequest", (_request, _reply, done) => pace.begin(done));
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
  for (const endpoint of endpoints) addEndpoint(app, endpoint, deps, options);
  for (const route of options.plainRoutes) addPlainRoute(app, route);
  return app;
}

function addEndpoint<Deps>(
  app: FastifyInstance,
  endpoint: Endpoint<Deps>,
  deps: Deps & HttpServerDeps,
  options: HttpServerOptions,
): void {
  const { body, maxBodyBytes = 0 } = endpoint;
  const { admit, readBody, confirm } =
    endpoint.caller === "server" ? serverGate(endpoint, options) : clientGate(endpoint, deps, options);
  for (const url of endpoint.paths) {
    app.route({
      method: endpoint.method,
      url,
      ...(body && { schema: { body } }),
      bodyLimit: Math.max(options.maxBodyBytes, maxBodyBytes),
      config: { operationId: endpoint.operationId, ...(readBody && { readBody }) },
      // Refused callers are refused before their body is read.
      onRequest: admit,
      preValidation: async (request) => {
        await confirm(request);
        if (body && request.body === undefined) throw new MatrixError("M_NOT_JSON", "The body is missing");
      },
      handler: async (request, reply) => {
        // Whoever it is, the gate has let in no other caller than the contract names.
        const served = endpoint as { handle(deps: Deps, call: Call<unknown>): Promise<object> };
        const call = callOf(request, reply.raw, options.limiter);
        const answer = await inPlace(request, () => served.handle(deps, call));
        const tellFailure = (cause: unknown) => options.log.failed(endpoint.operationId, request, cause);
        return sendAnswer(answer, reply.type(jsonType), tellFailure);
      },
    });
  }
}

function sendAnswer(answer: object, reply: FastifyReply, tellFailure: (cause: unknown) => void): FastifyReply {
  if (answer instanceof RenderedJson) return reply.send(answer.text);
  if (answer instanceof StreamedJson) return reply.send(streamOf(answer.pieces, tellFailure));
  if (answer instanceof StatusAnswer) return reply.code(answer.status).send(JSON.stringify(answer.body));
  return reply.send(JSON.stringify(answer));
}

/** With its failure Fastify closes the connection: the status has gone out before. */
function streamOf(pieces: AsyncIterable<string>, tellFailure: (cause: unknown) => void): Readable {
  return Readable.from(pieces).once("error", tellFailure);
}

function callOf(
  request: FastifyRequest,
  response: ServerResponse<IncomingMessage>,
  limiter: RequestLimiter | undefined,
): Call<unknown> {
  const ip = callerAddress(request);
  return {
    requester: request.requestingServer ?? request.requester,
    accessToken: accessTokenOf(request),
    body: (request.body ?? {}) as JsonObject,
    params: request.params as Record<string, string>,
    query: request.query as Query,
    method: request.method,
    path: pathOf(request.url),
    ip,
    mayMeet: () => limiter?.admits("strangers", limitedAddress(ip)) ?? true,
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
  interface FastifyContextConfig {
    /** The contract's name, under which logs and metrics know the route. */
    operationId?: string;
    readBody?: NonNullable<Gate["readBody"]>;
  }
}
