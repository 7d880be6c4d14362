import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { evaluate, image, runContainer } from './container.ts';

const root = resolve(import.meta.dirname, '../..');
const inside = (path: string) => join(image.files, path);

/** Name and version of the packages that production needs, from the lock file. */
function listLocked(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; dev?: true; optional?: true; devOptional?: true }>;
  };
  return Object.entries(packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`)
    .toSorted();
}

test('the image is small', () => {
  assert.ok(image.bytes < 175e6, `${Math.round(image.bytes / 1e6)} MB`);
});

test('there is Node, and no other program', () => {
  const files = globSync('{bin,sbin,usr,opt,app,lib}/**', { cwd: image.files, withFileTypes: true });
  const programs = files
    .filter((file) => file.isFile() && !file.parentPath.startsWith(inside('app/node_modules')))
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => (statSync(path).mode & 0o111) !== 0)
    .map((path) => path.slice(image.files.length));
  assert.deepEqual(
    programs.filter((path) => !/^\/lib\/(?:ld-linux-[\w-]+|lib[\w+]+)\.so\.\d$/.test(path)),
    ['/usr/local/bin/node'],
  );
});

test('nothing can be written, nor belongs to the user it runs as', async () => {
  const owned = globSync('**', { cwd: image.files }).filter((path) => {
    const { uid, gid, mode } = statSync(inside(path));
    return uid !== 0 || gid !== 0 || (mode & 0o6002) !== 0;
  });
  assert.deepEqual(
    owned.filter((path) => !/^(?:dev|proc|etc\/(?:hosts|resolv.conf))\b/.test(path)),
    [],
  );
  const found = await evaluate(`['/x', '/app/x', '/app/dist/x', '/dev/x'].map((path) => {
    try { fs.writeFileSync(path, ''); return 'written'; } catch (error) { return error.code; }
  })`);
  assert.deepEqual(found, ['EROFS', 'EROFS', 'EROFS', 'EROFS']);
});

test('it runs as process 1 of user 65532, without groups and capabilities', async () => {
  const status = `fs.readFileSync('/proc/self/status', 'utf8').match(/CapEff:\\s*(\\w+)/)[1]`;
  assert.deepEqual(await evaluate(`[process.pid, process.getuid(), process.getgroups(), process.cwd(), ${status}]`), [
    1,
    65_532,
    [65_532],
    '/app',
    '0000000000000000',
  ]);
});

test('code for one processor is nowhere but in Node and its libraries', () => {
  const magic = globSync('app/**', { cwd: image.files, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => path.endsWith('.node') || readFileSync(path).subarray(0, 4).toString('latin1') === '\x7fELF');
  assert.deepEqual(magic, []);
});

test('the bill of materials lists the packages that are there, each of them', () => {
  const bill = JSON.parse(readFileSync(inside('app/sbom.cdx.json'), 'utf8')) as {
    bomFormat: string;
    metadata: { component: { purl: string } };
    components: { name: string; version: string; purl: string }[];
  };
  assert.equal(bill.bomFormat, 'CycloneDX');
  assert.match(bill.metadata.component.purl, /^pkg:npm\/claimgate@/);
  const listed = bill.components.map(({ purl }) => decodeURIComponent(purl.replace(/^pkg:npm\//, ''))).toSorted();
  const installed = globSync('app/node_modules/**/package.json', { cwd: image.files })
    .filter((path) => /node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path))
    .map((path) => JSON.parse(readFileSync(inside(path), 'utf8')) as { name: string; version: string })
    .map(({ name, version }) => `${name}@${version}`)
    .toSorted();
  assert.deepEqual(listed, [...new Set(installed)]);
  assert.deepEqual(listed, [...new Set(listLocked())]);
});

test('scanners find the versions of the libraries', () => {
  const folder = inside('var/lib/dpkg/status.d');
  for (const name of readdirSync(folder)) {
    assert.match(
      readFileSync(join(folder, name), 'utf8'),
      new RegExp(`^Package: ${name.replaceAll('+', '\\+')}$[^]*^Version: \\S`, 'm'),
    );
  }
  assert.deepEqual(readdirSync(folder), ['libc6', 'libgcc-s1', 'libstdc++6']);
  assert.match(readFileSync(inside('usr/lib/os-release'), 'utf8'), /^ID=debian$/m);
});

test('the labels name what it is and what it was built on', () => {
  const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;
  const { Labels } = image.config;
  assert.equal(Labels['org.opencontainers.image.version'], version);
  assert.equal(Labels['org.opencontainers.image.licenses'], license);
  assert.equal(Labels['org.opencontainers.image.base.name'], image.base);
  assert.match(image.base, /@sha256:[0-9a-f]{64}$/);
  assert.ok(existsSync(inside('app/LICENSE')));
});

test('host names are looked up in /etc/hosts, and the other commands work', async () => {
  const { out } = await runContainer([
    'node',
    '-e',
    `require('dns').lookup('localhost', 4, (error, ip) => console.log(error ?? ip))`,
  ]);
  assert.equal(out, '127.0.0.1\n');
  const key = await runContainer([...image.config.Entrypoint, 'keygen']);
  assert.match(key.out, /^[\w-]{64}\n$/);
  const wrong = await runContainer([...image.config.Entrypoint, ...image.config.Cmd]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /PROXY_UPSTREAM_URL/);
});
