// Runs a script of this repository on the Node it needs, whatever Node started it:
//   node scripts/with-runtime.mjs <script> [arguments]
// Installs the locked packages first when they are missing or old. Plain JavaScript without dependencies, for Node 20 and newer.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const oldestNode = 24;
const installWaitMs = 10 * 60_000;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const bundledNode = `node_modules/node-${process.platform}-${process.arch}`;

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(message);
}

/** The packages of a lockfile by their path, or undefined when it cannot be read. @param {string} path */
function findPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Why `npm ci` is needed, or undefined. npm writes the hidden lockfile last, so an install that was cut short has none. @param {boolean} withDev */
function findInstallReason(withDev) {
  const wanted = findPackages(join(root, 'package-lock.json'));
  if (wanted === undefined) fail(`no readable package-lock.json in ${root}`);
  const present = findPackages(join(root, 'node_modules', '.package-lock.json'));
  if (present === undefined) return 'the packages are not installed';
  for (const [path, { version, dev, optional, devOptional }] of Object.entries(wanted)) {
    if (path === '') continue;
    const installed = present[path];
    if (installed === undefined) {
      if (optional || devOptional || (dev && !withDev)) continue;
      return `${path} is missing`;
    }
    if (installed.version !== version) return `${path} is ${installed.version}, the lockfile says ${version}`;
  }
  for (const [path, { extraneous }] of Object.entries(present)) {
    if (wanted[path] === undefined && !extraneous) return `${path} is not in the lockfile`;
  }
  if (findNode() === undefined && wanted[bundledNode] !== undefined) return `${bundledNode} is missing`;
  return undefined;
}

/** A Node that is new enough, or undefined. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= oldestNode) return process.execPath;
  const bundled = join(root, bundledNode, 'bin', 'node');
  return existsSync(bundled) ? bundled : undefined;
}

/** @param {string} lock @returns {number | undefined} the process that holds the lock, when it is alive */
function findHolder(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === 'EPERM' ? -1 : undefined;
  }
}

/** Runs `npm ci` once, however many processes ask for it at the same time. @param {() => string | undefined} findReason */
async function install(findReason) {
  const folder = join(root, '.tmp');
  const lock = join(folder, 'install.lock');
  const mine = `${lock}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(mine, String(process.pid));
  const deadline = Date.now() + installWaitMs;
  try {
    for (;;) {
      try {
        linkSync(mine, lock); // atomic: exists with its content, or not at all
        break;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      if (findHolder(lock) === undefined) takeAway(lock);
      else if (Date.now() > deadline) fail(`another install holds ${lock}; remove the file if none is running`);
      else await pause(100);
    }
    try {
      const reason = findReason();
      if (reason !== undefined) runNpm(reason);
    } finally {
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Removes the lock of a process that is gone; gives it back if another process renewed it meanwhile. @param {string} lock */
function takeAway(lock) {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (findHolder(aside) !== undefined) linkSync(aside, lock);
    rmSync(aside, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
}

/** @param {string} reason */
function runNpm(reason) {
  process.stderr.write(`with-runtime: ${reason}; running npm ci\n`);
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev', '--include=optional'];
  const cli = process.env.npm_execpath;
  const [command, first] = cli?.endsWith('.js') && existsSync(cli) ? [process.execPath, [cli]] : ['npm', []];
  const done = spawnSync(command, [...first, ...options], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (done.error) fail(`npm could not be started: ${done.error.message}`);
  if (done.status === 0) return;
  process.stderr.write(done.stdout + done.stderr);
  fail(`npm ci failed (${done.signal ?? `exit code ${done.status}`})`);
}

/** Replaces this process where Node can do so; otherwise starts a child, passes signals on and ends the way it ended. @param {string} node @param {string[]} args */
function run(node, args) {
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`,
  };
  if (process.execve !== undefined && process.platform !== 'win32') process.execve(node, [node, ...args], env);
  // Listening begins before there is a child, so that no signal ends this process and leaves the child behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child as well; a second one would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  const child = spawn(node, args, { stdio: 'inherit', env });
  child.on('error', (error) => {
    process.stderr.write(`with-runtime: ${node} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(1), 1000);
  });
}

async function main() {
  const [script, ...args] = process.argv.slice(2);
  if (script === undefined) fail('usage: node scripts/with-runtime.mjs <script> [arguments]');
  const path = resolve(root, script);
  // The product itself needs no development packages.
  const withDev = !path.startsWith(join(root, 'src'));
  const findReason = () => findInstallReason(withDev);
  if (findReason() !== undefined) await install(findReason);
  const node = findNode();
  if (node === undefined) {
    fail(
      `Node ${oldestNode} or newer is needed; this is ${process.version}, and no bundled one exists for ${process.platform}-${process.arch}. ` +
        `Install Node ${oldestNode} (https://nodejs.org) and run this again.`,
    );
  }
  if (!existsSync(path)) fail(`there is no ${path}`);
  run(node, [path, ...args]);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`with-runtime: ${error.message}\n`);
  process.exitCode = 1;
}
