import { below, type Random } from "../races/key-requests.ts";
import { CrossSigningKeys } from "../support/signed-keys.ts";
import type { Call, Gateway, SettledAnswer } from "./gateway.ts";
import type { Attempt, Contest } from "./history.ts";
import type { Recorder } from "./recorder.ts";

/** What was decided, and how to look at it again. */
export interface Decided {
  readonly contest: Omit<Contest, "found">;
  find(): Promise<string[]>;
}

interface Surroundings {
  readonly gateway: Gateway;
  readonly recorder: Recorder;
  readonly random: Random;
}

/** Two or three at once register one name. */
export async function raceForName({ gateway, recorder, random }: Surroundings, name: string): Promise<Decided> {
  const candidates = Array.from({ length: 2 + below(random, 2) }, (_, index) => `CANDIDATE${index}`);
  const tokens = new Map<string, string>();
  const runs = candidates.map(async (candidate): Promise<Run> => {
    const auth = { type: "m.login.dummy" };
    const body = { username: name, password: `password of ${candidate}`, device_id: candidate, auth };
    const answer = await gateway.settle({ method: "POST", path: "/register", body, expected: [400] });
    if (answer.status === 200) tokens.set(candidate, answer.body.access_token);
    return { candidate, answer, outcome: outcomeOf(recorder, answer, answer.body.errcode === "M_USER_IN_USE") };
  });
  const contest = { rule: "E4", name: `registrations of ${name}`, ...(await decide(runs)) } as const;
  const find = async () => {
    const path = `/register/available?username=${name}`;
    const available = await gateway.settle({ method: "GET", path, expected: [400] });
    const found = available.status === 200 ? ["nobody"] : [];
    for (const token of tokens.values()) {
      const { body } = await gateway.settle({ method: "GET", path: "/account/whoami", token });
      found.push(body.device_id);
    }
    return found;
  };
  return { contest: { kind: "contest", ...contest }, find };
}

/** Two or three at once upload the first cross-signing keys of one user. */
export async function raceForCrossSigning(
  { gateway, recorder, random }: Surroundings,
  { userId, token }: { userId: string; token: string },
): Promise<Decided> {
  const sets = Array.from({ length: 2 + below(random, 2) }, () => new CrossSigningKeys(userId));
  const runs = sets.map(async (keys, index): Promise<Run> => {
    const path = "/keys/device_signing/upload";
    const answer = await gateway.settle({ method: "POST", path, token, body: keys.body(), expected: [401] });
    const lost = answer.status === 401 && answer.body.flows !== undefined;
    return { candidate: `keys ${index}`, answer, outcome: outcomeOf(recorder, answer, lost) };
  });
  const contest = {
    ...({ rule: "X2", name: `first cross-signing keys of ${userId}`, changes: userId } as const),
    ...(await decide(runs)),
  };
  const find = async () => {
    const call: Call = { method: "POST", path: "/keys/query", token, body: { device_keys: { [userId]: [] } } };
    const { body } = await gateway.settle(call);
    return (["master", "selfSigning", "userSigning"] as const).map((usage) => {
      const member = { master: "master_keys", selfSigning: "self_signing_keys", userSigning: "user_signing_keys" }[
        usage
      ];
      const [publicKey] = Object.values(body[member]?.[userId]?.keys ?? {});
      const index = sets.findIndex((keys) => keys[usage].publicKey === publicKey);
      return index < 0 ? `no ${usage} key` : `keys ${index}`;
    });
  };
  return { contest: { kind: "contest", ...contest }, find };
}

interface Run {
  readonly candidate: string;
  readonly answer: SettledAnswer;
  readonly outcome: Attempt["outcome"];
}

async function decide(runs: readonly Promise<Run>[]) {
  const all = await Promise.all(runs);
  const attempts = all.map(
    ({ candidate, outcome, answer }): Attempt => ({ candidate, outcome, unsure: answer.lost > 0 }),
  );
  const began = Math.min(...all.map(({ answer }) => answer.firstBegan));
  const ended = Math.max(...all.map(({ answer }) => answer.ended));
  return { attempts, began, ended };
}

function outcomeOf(recorder: Recorder, answer: SettledAnswer, isRefused: boolean): Attempt["outcome"] {
  const { status, body, began, ended } = answer;
  if (status === 200) return "won";
  if (!isRefused)
    recorder.add({ kind: "mishap", what: `a contest was answered ${JSON.stringify(body)}`, began, ended });
  return "lost";
}
