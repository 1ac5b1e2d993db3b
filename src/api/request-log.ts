import type { FastifyReply, FastifyRequest } from "fastify";

/** Told of every request once it is answered, and of failures. Gets no tokens, queries or bodies to write (rule E3). */
export interface RequestLog {
  finished(operationId: string | undefined, request: FastifyRequest, reply: FastifyReply): void;
  failed(operationId: string | undefined, request: FastifyRequest, cause: unknown): void;
}
