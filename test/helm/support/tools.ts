import { test } from 'node:test';
import type { ChartTools } from '../../../scripts/chart/tools.ts';

const given = process.env['CLAIMGATE_CHART_TOOLS'];

/** Set by `npm run test:helm`. */
export const tools = (given === undefined ? {} : JSON.parse(given)) as ChartTools;

/** A test that needs helm and its like; skipped where they are not prepared. */
export function chartTest(name: string, run: () => void | Promise<void>): void {
  test(name, { skip: given === undefined ? 'run by `npm run test:helm`' : false }, run);
}
