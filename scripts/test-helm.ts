// What `npm run test:helm` runs: the tests of the chart, with the tools they need. Builds these once, into a cache outside of the repository.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type ChartTools, provideTools } from './chart/tools.ts';

const write = (line: string) => process.stdout.write(`${line}\n`);

function findTools(): ChartTools | undefined {
  try {
    return provideTools(write);
  } catch (error) {
    write(`${process.env['CI'] === 'true' ? '✖' : 'skipped:'} the tests of the chart cannot run`);
    write(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

const tools = findTools();
if (tools === undefined) process.exitCode = process.env['CI'] === 'true' ? 1 : 0;
else {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['test/helm/*.test.ts'];
  const env = { ...process.env, CLAIMGATE_CHART_TOOLS: JSON.stringify(tools) };
  const done = spawnSync(process.execPath, [join(import.meta.dirname, 'test.ts'), ...wanted], {
    stdio: 'inherit',
    env,
  });
  process.exitCode = done.status ?? 1;
}
