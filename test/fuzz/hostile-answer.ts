import fc from "fast-check";
import type { Behaviour, Json, PlayedServer } from "../federation/played-servers.ts";
import { CrossSigningKeys } from "../support/signed-keys.ts";
import { mutation, pick } from "./hostile-request.ts";
import { hostileBodies } from "./hostile-text.ts";
import { type Mutation, mutateJson } from "./mutate-json.ts";

/** What becomes of a right answer on its way; numbers are taken modulo what there is. */
export interface AnswerRecipe {
  /** 0 to 5: 200. */
  readonly status: number;
  readonly type: number;
  readonly mutations: readonly Mutation[];
  /** 0: the body as it is; else one of those that are no JSON. */
  readonly spoiled: number;
}

const number = fc.nat({ max: 1000 });

const answerRecipe: fc.Arbitrary<AnswerRecipe> = fc.record({
  status: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, number),
  type: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, number),
  mutations: fc.array(mutation, { maxLength: 3 }),
  spoiled: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, number),
});

/** How a server answers each request in one round. */
export interface ServerAnswers {
  readonly keys: AnswerRecipe;
  readonly claim: AnswerRecipe;
  readonly query: AnswerRecipe;
  readonly devices: AnswerRecipe;
  readonly send: AnswerRecipe;
}

export const serverAnswers: fc.Arbitrary<ServerAnswers> = fc.record({
  keys: answerRecipe,
  claim: answerRecipe,
  query: answerRecipe,
  devices: answerRecipe,
  send: answerRecipe,
});

const statuses = [200, 200, 200, 200, 200, 200, 400, 401, 403, 404, 429, 500, 502, 299, 204, 304];
const types = ["application/json", "text/html", "", "application/json; charset=utf-16", "a/b/c"];

/** From now on the server answers so. It gives what it has, and more: cross-signing keys, and users not asked for. */
export function answerSo(server: PlayedServer, answers: ServerAnswers): void {
  const mallory = server.userId("mallory");
  const { master_key, self_signing_key, user_signing_key } = new CrossSigningKeys(mallory).body();
  const right: Record<keyof ServerAnswers, (body: Json, uri: string) => Json> = {
    keys: () => server.publishedKeys(),
    claim: (body) => server.claim(body.one_time_keys),
    query: (body) => ({
      ...server.query({ ...body.device_keys, [mallory]: [] }),
      master_keys: { [mallory]: master_key },
      self_signing_keys: { [mallory]: self_signing_key },
      user_signing_keys: { [mallory]: user_signing_key },
    }),
    devices: (_, uri) => {
      const userId = decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1));
      const { body } = server.devices(userId) as { body: object };
      return { ...body, master_key, self_signing_key, "io.claviger.followed_until": 1_900_000_000_000 };
    },
    send: () => ({ pdus: {} }),
  };
  for (const route of Object.keys(right) as (keyof ServerAnswers)[]) {
    server.on[route] = ({ body, uri }) => changed(right[route](body, uri), answers[route]);
  }
}

function changed(answer: Json, { status, type, mutations, spoiled }: AnswerRecipe): ReturnType<Behaviour> {
  const text = mutateJson(JSON.stringify(answer), mutations);
  const bytes = spoiled === 0 ? Buffer.from(text) : pick(hostileBodies(text), spoiled);
  return (response) => {
    response.writeHead(pick(statuses, status), { "content-type": pick(types, type) });
    response.end(bytes);
  };
}
