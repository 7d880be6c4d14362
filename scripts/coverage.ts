import { relative } from 'node:path';
import type { EventData } from 'node:test';

/** The files that decide: everything in them can be tried without a server, and nearly everything is. */
export const coveredFiles = [
  'src/access/*.ts',
  'src/session/{seal,codec,session}.ts',
  'src/http/{addresses,cookies,forwarded,navigation,pages,return-to}.ts',
  'src/proxy/{connection,header-names,headers,readings,request-check,response-headers,target}.ts',
  'src/oidc/{callback,login-state,metadata}.ts',
];
const leastLines = 95;
const leastBranches = 90;

type Summary = EventData.TestCoverage['summary'];

function percent(covered: number, total: number): number {
  return total === 0 ? 100 : (100 * covered) / total;
}

/** One line for the whole and one for each file below a limit, and whether the whole reaches the limits. */
export function describeCoverage(summary: Summary, root: string): { readonly text: string; readonly enough: boolean } {
  const { totals } = summary;
  const lines = percent(totals.coveredLineCount, totals.totalLineCount);
  const branches = percent(totals.coveredBranchCount, totals.totalBranchCount);
  const enough = lines >= leastLines && branches >= leastBranches;
  const low = summary.files
    .filter((file) => file.coveredLinePercent < leastLines || file.coveredBranchPercent < leastBranches)
    .map((file) => {
      const missed = file.lines.filter((line) => line.count === 0).map((line) => line.line);
      const shown = missed.length > 12 ? `${missed.slice(0, 12).join(', ')}, ...` : missed.join(', ');
      return `  ${relative(root, file.path).padEnd(30)} lines ${file.coveredLinePercent.toFixed(1)} %, branches ${file.coveredBranchPercent.toFixed(1)} %; lines never run: ${shown || 'none'}`;
    });
  const head = `${enough ? '✔' : '✖'} coverage of ${summary.files.length} deciding files: lines ${lines.toFixed(1)} % (at least ${leastLines}), branches ${branches.toFixed(1)} % (at least ${leastBranches})`;
  return { text: `${[head, ...low].join('\n')}\n`, enough };
}
