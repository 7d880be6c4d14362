import { cpus, release, totalmem } from 'node:os';
import { shapes } from './load.ts';
import type { Figure } from './measure.ts';
import type { Options } from './options.ts';
import { type Findings, listVerdicts } from './targets.ts';

const mega = (bytes: number): string => (bytes / 1_000_000).toFixed(0);
const round = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function buildTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function buildFigures(figures: readonly Figure[], base: Figure | undefined, baseTitle: string): string {
  const head = [
    'Subject',
    'CPU ms / 1,000',
    'low to high',
    `x ${baseTitle}`,
    'requests/s',
    'p50 ms',
    'p99 ms',
    'RSS MB',
  ];
  return buildTable(
    head,
    figures.map((each) => [
      each.title,
      round(each.cpu),
      `${round(each.cpuLow)} to ${round(each.cpuHigh)}`,
      base === undefined ? '' : round(each.cpu / base.cpu),
      each.rate.toFixed(0),
      round(each.p50),
      round(each.p99),
      mega(each.rss),
    ]),
  );
}

function buildVerdicts(findings: Findings): string {
  const rows = listVerdicts(findings).map(({ title, value, target, unit }) => [
    title,
    `${round(value)} ${unit}`,
    `${target} ${unit}`,
    value <= target ? 'met' : '**missed**',
  ]);
  return buildTable(['Promise', 'measured', 'at most', ''], rows);
}

function buildMachine(versions: readonly string[], options: Options): string {
  const all = cpus();
  return [
    `- ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `- ${all.length} cores, ${all[0]?.model.trim() ?? 'unknown'}; ${(totalmem() / 2 ** 30).toFixed(0)} GiB; Linux ${release()}`,
    ...versions.map((version) => `- ${version}`),
    `- ${options.rounds} rounds of ${options.seconds} s per subject and shape after ${options.warmUp} s of warm-up`,
  ].join('\n');
}

const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** The whole document. `bench/README.md` says how to read it. */
export function buildReport(findings: Findings, versions: readonly string[], options: Options): string {
  const { requests, flatness, sessions, bodies, connections: idle, starts } = findings;
  const sections = [
    '# Benchmark results',
    'Written by `npm run bench`; [README.md](README.md) says how to read it.',
    buildMachine(versions, options),
    '## Promises',
    'CPU per request, medians of this one run; memory and times as named.',
    buildVerdicts(findings),
  ];
  for (const [name, figures] of requests ?? []) {
    const base = figures.find((each) => each.name === 'nginx');
    const { title, connections } = shapes[name as keyof typeof shapes];
    sections.push(`## ${title}, ${connections} connections`, buildFigures(figures, base, 'nginx'));
  }
  if (flatness) sections.push('## Many rules and roles', buildFigures(flatness, flatness[0], 'one'));
  if (sessions) sections.push('## Many sessions', buildFigures(sessions, sessions[0], 'one'));
  if (bodies) {
    const head = ['Subject', 'down MiB/s', 'adds MiB', 'up MiB/s', 'adds MiB'];
    const rows = bodies.map((each) => [
      each.title,
      mebi(each.download),
      mebi(each.downloadAdds),
      mebi(each.upload),
      mebi(each.uploadAdds),
    ]);
    sections.push('## 256 MiB bodies', buildTable(head, rows));
  }
  if (idle) {
    const rows = idle.map((each) => [each.title, (each.bytes / 1000).toFixed(1)]);
    sections.push(
      `## ${options.idleConnections} idle keep-alive connections`,
      buildTable(['Subject', 'kB per connection'], rows),
    );
  }
  if (starts) {
    const rows = starts.map((each) => [each.title, each.milliseconds.toFixed(0), mega(each.idle)]);
    sections.push('## Start', buildTable(['Subject', 'ms to listening', 'RSS MB at rest'], rows));
  }
  return `${sections.join('\n\n')}\n`;
}
