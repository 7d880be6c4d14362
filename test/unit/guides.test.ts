import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { goodSecret } from '../support/env.ts';

const root = join(import.meta.dirname, '../..');
const own = {
  PROXY_UPSTREAM_URL: 'http://127.0.0.1:3000',
  PROXY_PUBLIC_URL: 'https://app.example.com',
  PROXY_OIDC_CLIENT_ID: 'app',
};

/** The variables of a block, with something in the place of what the reader fills in. */
function readBlock(block: string): Record<string, string> {
  const lines = block.matchAll(/^([A-Z][A-Z0-9_]*)=(?:"(.*)"|'(.*)'|([^\s#]*))/gm);
  return Object.fromEntries(
    [...lines].map(([, name = '', double, single, bare = '']) => [
      name,
      (double ?? single ?? bare).replaceAll(/<[A-Z_]*TENANT_ID>/g, '72f988bf-86f1-41af-91ab-2d7cd011db47'),
    ]),
  );
}

const blocks = globSync('docs/providers/*.md', { cwd: root })
  .toSorted()
  .flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/^## (.+)$|^```sh\n([^]*?)^```/gm)].flatMap(
      ([, title, block = ''], index, all) => {
        if (title !== undefined || !/^PROXY_OIDC_(?:ISSUER|TEMPLATE)=/m.test(block)) return [];
        // What stands above the first heading lists alternatives.
        const heading = all.slice(0, index).findLast(([, one]) => one !== undefined)?.[1];
        return heading === undefined ? [] : [{ name: `${path}, ${heading}`, env: readBlock(block) }];
      },
    ),
  );

test('the blocks of the guides are found', () => {
  assert.ok(blocks.length > 15, `${blocks.length} blocks`);
  assert.ok(blocks.some(({ env }) => env['PROXY_OIDC_SCOPES'] === 'openid profile email groups'));
});

for (const { name, env } of blocks) {
  test(`what a guide says is a valid configuration: ${name}`, () => {
    const { config } = loadConfig({
      env: { ...own, ...('PROXY_SESSION_SECRET_FILE' in env ? {} : { PROXY_SESSION_SECRET: goodSecret }), ...env },
      readText: () => goodSecret,
    });
    assert.equal(config.provider.clientId, env['PROXY_OIDC_CLIENT_ID'] ?? 'app');
  });
}
