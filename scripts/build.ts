// `npm run build`: src/ as JavaScript and type declarations in dist/, for the package.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** How a source names the file of a thread that it starts. */
const threadFile = /new URL\("(\.\/[^"]+)\.ts", import\.meta\.url\)/g;

/**
 * Compiles with `project` into `out`.
 *
 * TypeScript turns `./x.ts` in imports into `./x.js`, but not in `new URL("./x.ts", import.meta.url)`: that is done here.
 *
 * @throws when it does not compile, or when the file of a thread is not there afterwards
 */
export function build(project: string, out: string): void {
  rmSync(out, { recursive: true, force: true });
  const compiler = spawnSync("node_modules/.bin/tsc", ["--project", project, "--outDir", out, "--pretty", "false"], {
    stdio: "inherit",
  });
  if (compiler.status !== 0) throw new Error("it does not compile");
  for (const file of globSync(`${out}/**/*.js`)) {
    const text = readFileSync(file, "utf8");
    const rewritten = text.replace(threadFile, (_, path: string) => {
      if (!existsSync(join(dirname(file), `${path}.js`)))
        throw new Error(`${file} starts a thread of ${path}.js, which is not there`);
      return `new URL("${path}.js", import.meta.url)`;
    });
    if (rewritten !== text) writeFileSync(file, rewritten);
  }
}

if (import.meta.main) {
  try {
    build("tsconfig.build.json", "dist");
  } catch (error) {
    console.error(`build: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
