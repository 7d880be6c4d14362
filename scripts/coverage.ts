import { globSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { EventData } from 'node:test';

/** The files that decide: everything in them can be tried without a server, and nearly everything is. */
export const coveredFiles = [
  'src/access/*.ts',
  'src/session/{seal,codec,session}.ts',
  'src/http/{cookies,forwarded,navigation,pages,return-to}.ts',
  'src/proxy/{connection,header-names,headers,readings,target}.ts',
  'src/oidc/login-state.ts',
];
const leastLines = 95;
const leastBranches = 90;

type Summary = EventData.TestCoverage['summary'];

function percent(covered: number, total: number): number {
  return total === 0 ? 100 : (100 * covered) / total;
}

/** Files that no unit test imports; Node counts only what was loaded. Such that hold nothing but types have nothing to load. */
function findUnloaded(summary: Summary, root: string): string[] {
  const loaded = new Set(summary.files.map((file) => relative(root, file.path)));
  return globSync(coveredFiles, { cwd: root }).filter(
    (path) =>
      !loaded.has(path) &&
      /^export (?:async )?(?:function|const|class)/m.test(readFileSync(resolve(root, path), 'utf8')),
  );
}

/** One line for the whole and one for each file below a limit, and whether the whole reaches the limits. */
export function describeCoverage(summary: Summary, root: string): { readonly text: string; readonly enough: boolean } {
  const { totals } = summary;
  const lines = percent(totals.coveredLineCount, totals.totalLineCount);
  const branches = percent(totals.coveredBranchCount, totals.totalBranchCount);
  const unloaded = findUnloaded(summary, root);
  const enough = lines >= leastLines && branches >= leastBranches && unloaded.length === 0;
  const low = summary.files
    .filter((file) => file.coveredLinePercent < leastLines || file.coveredBranchPercent < leastBranches)
    .map((file) => {
      const missed = file.lines.filter((line) => line.count === 0).map((line) => line.line);
      const shown = missed.length > 12 ? `${missed.slice(0, 12).join(', ')}, ...` : missed.join(', ');
      return `  ${relative(root, file.path).padEnd(30)} lines ${file.coveredLinePercent.toFixed(1)} %, branches ${file.coveredBranchPercent.toFixed(1)} %; lines never run: ${shown || 'none'}`;
    });
  const head = `${enough ? '✔' : '✖'} coverage of ${summary.files.length} deciding files: lines ${lines.toFixed(1)} % (at least ${leastLines}), branches ${branches.toFixed(1)} % (at least ${leastBranches})`;
  const absent = unloaded.map((path) => `  ${path} is imported by no unit test`);
  return { text: `${[head, ...low, ...absent].join('\n')}\n`, enough };
}
