// What `npm run test:image` runs: builds the image out of the Dockerfile, without a registry of images, and runs the tests of test/image on it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildImage, type BuiltImage, cleanUp } from './image/build.ts';

const isCi = process.env['CI'] === 'true';
const write = (line: string) => process.stdout.write(`${line}\n`);

function findImage(): BuiltImage | undefined {
  try {
    return buildImage(write);
  } catch (error) {
    write(`${isCi ? '✖' : 'skipped:'} the image cannot be built here`);
    write(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

const startedAt = performance.now();
const image = findImage();
if (image === undefined) process.exitCode = isCi ? 1 : 0;
else {
  try {
    write(`built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s, ${Math.round(image.bytes / 1e6)} MB`);
    const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['test/image/*.test.ts'];
    const env = { ...process.env, CLAIMGATE_IMAGE: JSON.stringify(image) };
    const done = spawnSync(process.execPath, [join(import.meta.dirname, 'test.ts'), ...wanted], {
      stdio: 'inherit',
      env,
    });
    process.exitCode = done.status ?? 1;
  } finally {
    cleanUp();
  }
}
