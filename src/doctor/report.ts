import type { Finding, Level } from './finding.ts';

const labels: Readonly<Record<Level, string>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  not_tested: 'not tested',
};

function countLevels(findings: readonly Finding[]): Readonly<Record<Level, number>> {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  return { ok: count('ok'), warning: count('warning'), failed: count('failed'), not_tested: count('not_tested') };
}

/** One line for each finding, and how many of each kind there are. */
export function buildReport(findings: readonly Finding[]): string {
  const lines = findings.map(({ level, probe, provider, sentence, settings }) => {
    const place = provider === undefined ? probe : `${probe} (provider ${provider})`;
    const change = settings.length === 0 ? '' : ` [${settings.join(', ')}]`;
    return clean(`${labels[level].padEnd(12)}${place}: ${sentence}${change}`);
  });
  const counts = countLevels(findings);
  const summary = (Object.keys(labels) as Level[]).map((level) => `${counts[level]} ${labels[level]}`).join(', ');
  return `${[...lines, '', `${summary}.`].join('\n')}\n`;
}

/** The same for programs. */
export function buildJsonReport(findings: readonly Finding[]): string {
  const result = findExitCode(findings) === 0 ? 'passed' : 'failed';
  return `${escape(JSON.stringify({ result, counts: countLevels(findings), findings }))}\n`;
}

/** JSON (RFC 8259, section 7) of ASCII alone: it leaves controls above 0x7E and marks of direction as they are. */
function escape(json: string): string {
  return json.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function findExitCode(findings: readonly Finding[]): 0 | 1 {
  // A run in which nothing was tried proves nothing.
  return findings.length === 0 || findings.some(({ level }) => level === 'failed') ? 1 : 0;
}

/** One finding, one line, whatever a peer calls itself. */
function clean(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
