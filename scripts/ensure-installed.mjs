// Installs the dependencies when package-lock.json has changed since the last install; every npm script runs this first.
// It is plain JavaScript for the machine's own Node.js: the pinned one may be what is missing.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = process.argv[2] ?? resolve(import.meta.dirname, "..");
const stampFile = join(root, "node_modules/.claviger-stamp");
const lock = join(root, ".install-lock");

const heartbeatMs = 2_000;
/** An owner that has not touched its lock for so long is taken for dead: process ids are used again, above all in containers. */
const staleAfterMs = 30_000;

const stamp = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .update(`${process.platform}-${process.arch}`)
  .digest("hex");

if (!isInstalled()) process.exitCode = await installAlone();

function isInstalled() {
  if (!existsNonEmpty(join(root, "node_modules/node/bin/node"))) return false;
  if (readOr(stampFile, "").trim() === stamp) return true;
  if (!lockfilesAgree()) return false;
  writeFileSync(stampFile, `${stamp}\n`);
  return true;
}

/** True when somebody ran `npm install` by hand: npm's own record of node_modules then equals the lockfile. */
function lockfilesAgree() {
  const wanted = packagesOf(join(root, "package-lock.json"));
  const present = packagesOf(join(root, "node_modules/.package-lock.json"));
  const names = new Set([...Object.keys(wanted), ...Object.keys(present)]);
  names.delete("");
  for (const name of names) {
    const [want, have] = [wanted[name], present[name]];
    if (have === undefined && want?.optional) continue;
    if (want?.version !== have?.version || want?.integrity !== have?.integrity) return false;
  }
  return names.size > 0;
}

/** @param {string} file @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }>} */
function packagesOf(file) {
  return JSON.parse(readOr(file, "{}")).packages ?? {};
}

async function installAlone() {
  const mine = join(lock, String(process.pid));
  await takeLock(mine);
  const heartbeat = setInterval(() => touch(mine), heartbeatMs);
  try {
    return isInstalled() ? 0 : await install();
  } finally {
    clearInterval(heartbeat);
    rmSync(mine, { force: true });
    tryTo(() => rmdirSync(lock));
  }
}

/**
 * The lock is a folder that holds one file, named by its owner's process id. Renaming is what makes it atomic: a folder cannot be
 * renamed onto one that is not empty, and of several that rename a dead owner's file only one finds it.
 * @param {string} mine
 */
async function takeLock(mine) {
  const candidate = `${lock}.${process.pid}`;
  mkdirSync(candidate, { recursive: true });
  writeFileSync(join(candidate, String(process.pid)), "");
  process.on("exit", () => rmSync(candidate, { recursive: true, force: true }));
  let told = false;
  while (!tryTo(() => renameSync(candidate, lock))) {
    const owner = tryTo(() => readdirSync(lock))?.[0];
    if (owner !== undefined && isDead(owner) && tryTo(() => renameSync(join(lock, owner), mine))) {
      touch(mine);
      return;
    }
    if (!told && owner !== undefined) console.error(`waiting for the install of process ${owner}`);
    told ||= owner !== undefined;
    await sleep(200);
  }
}

/** @param {string} file */
function touch(file) {
  tryTo(() => utimesSync(file, new Date(), new Date()));
}

/** @param {string} owner */
function isDead(owner) {
  const touched = tryTo(() => statSync(join(lock, owner)).mtimeMs);
  if (touched === undefined) return false;
  if (Date.now() - touched > staleAfterMs) return true;
  try {
    process.kill(Number(owner), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}

async function install() {
  console.error("installing dependencies (package-lock.json has changed, or this is the first time)");
  const began = Date.now();
  // `--loglevel=error`: npm runs on the machine's Node.js and would warn that ours is meant to be newer.
  const npm = spawn("npm", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    env: { ...process.env, PATH: pathWithoutOurBinaries() },
    stdio: ["ignore", 2, 2],
  });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.on(signal, () => npm.kill(signal));
  const status = await new Promise((done) => {
    npm.on("error", (error) => done(error.message));
    npm.on("close", (code, signal) => done(signal === null ? code : 128 + constants.signals[signal]));
  });
  if (status !== 0) {
    console.error(
      `installing dependencies failed: npm ci ${typeof status === "number" ? `exited with ${status}` : status}`,
    );
    return typeof status === "number" ? status : 127;
  }
  if (!existsNonEmpty(join(root, "node_modules/node/bin/node"))) {
    console.error(
      "installing dependencies failed: the pinned Node.js (npm package node) is not there; are install scripts switched off?",
    );
    return 1;
  }
  writeFileSync(stampFile, `${stamp}\n`);
  console.error(`installed in ${Math.round((Date.now() - began) / 1000)} s`);
  return 0;
}

/** npm must not run on the Node.js that it is about to delete, which npm scripts have first on their PATH. */
function pathWithoutOurBinaries() {
  const ours = join(root, "node_modules");
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !resolve(folder).startsWith(ours))
    .join(delimiter);
}

/** @param {string} file @param {string} otherwise */
function readOr(file, otherwise) {
  return tryTo(() => readFileSync(file, "utf8")) ?? otherwise;
}

/** @param {string} file */
function existsNonEmpty(file) {
  return (tryTo(() => statSync(file).size) ?? 0) > 0;
}

/**
 * The result of `action` (`true` where it has none), or `undefined` where the file system says no.
 * @template T
 * @param {() => T} action
 */
function tryTo(action) {
  try {
    return action() ?? /** @type {NonNullable<T>} */ (true);
  } catch (error) {
    if (typeof (/** @type {NodeJS.ErrnoException} */ (error).code) === "string") return undefined;
    throw error;
  }
}
