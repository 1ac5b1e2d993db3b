// A floor: argon2id with the server's parameters, on all of libuv's threads.
import { argon2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { answerCalls } from "../child/answer-calls.ts";
import { password } from "../population/identities.ts";

const parameters = { parallelism: 1, tagLength: 32, memory: 19_456, passes: 2 };
const threads = 4;
const derive = promisify(argon2);

answerCalls({
  async hashesPerSecond(seconds: number): Promise<number> {
    const start = performance.now();
    const end = start + seconds * 1000;
    let count = 0;
    const hashUntilEnd = async () => {
      while (performance.now() < end) {
        await derive("argon2id", { ...parameters, message: password, nonce: randomBytes(16) });
        count++;
      }
    };
    await Promise.all(Array.from({ length: threads }, hashUntilEnd));
    return (count * 1000) / (performance.now() - start);
  },
});
