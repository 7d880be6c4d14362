import type { Figure } from './measure.ts';
import type { BodyFigure } from './parts/bodies.ts';
import type { ConnectionFigure } from './parts/connections.ts';
import type { StartFigure } from './parts/startup.ts';

/** Everything one run found out; a part that was left out is absent. */
export interface Findings {
  readonly requests?: ReadonlyMap<string, readonly Figure[]>;
  readonly flatness?: readonly Figure[];
  readonly sessions?: readonly Figure[];
  readonly bodies?: readonly BodyFigure[];
  readonly connections?: readonly ConnectionFigure[];
  readonly starts?: readonly StartFigure[];
}

/** One promise about the product: the figure, the most it may be, and the unit of both. */
export interface Verdict {
  readonly title: string;
  readonly value: number;
  readonly target: number;
  readonly unit: string;
}

/** CPU of a signed-in request against that of others, and of a miss against a hit. */
const ratios: readonly (readonly [title: string, of: string, to: string, target: number])[] = [
  ['Hit / mod_auth_openidc, session in shared memory', 'claimgate-hit', 'apache-server-cache', 0.45],
  ['Hit / mod_auth_openidc, session in the cookie', 'claimgate-hit', 'apache-client-cookie', 0.25],
  ['Hit / nginx plain proxy', 'claimgate-hit', 'nginx', 6],
  ['Hit / bare `node:http` + undici dispatch', 'claimgate-hit', 'dispatch', 1.2],
  ['Hit / bare Fastify + @fastify/http-proxy', 'claimgate-hit', 'http-proxy', 0.65],
  ['Bearer token in memory / hit', 'claimgate-bearer', 'claimgate-hit', 1.2],
  ['Miss / hit', 'claimgate-miss', 'claimgate-hit', 1.6],
];

const flatWithin = 1.1;
const megabyte = 1_000_000;
const mebibyte = 1_048_576;

const findByName = <T extends { readonly name: string }>(all: readonly T[] | undefined, name: string): T | undefined =>
  all?.find((each) => each.name === name);

function listRatios(figures: readonly Figure[] | undefined): Verdict[] {
  return ratios.flatMap(([title, of, to, target]) => {
    const [above, below] = [findByName(figures, of), findByName(figures, to)];
    return above === undefined || below === undefined
      ? []
      : [{ title, value: above.cpu / below.cpu, target, unit: 'x' }];
  });
}

function listFlatness(figures: readonly Figure[] | undefined): Verdict[] {
  const one = figures?.[0];
  if (figures === undefined || one === undefined) return [];
  return figures
    .filter(({ name }) => name !== one.name && !name.startsWith('dispatch'))
    .map(({ title, cpu }) => ({ title: `Flat: ${title}`, value: cpu / one.cpu, target: flatWithin, unit: 'x' }));
}

/** The promises that this run can judge. */
export function listVerdicts(findings: Findings): readonly Verdict[] {
  const body = findByName(findings.bodies, 'claimgate-hit');
  const connection = findByName(findings.connections, 'claimgate-hit');
  const start = findByName(findings.starts, 'claimgate');
  return [
    ...listRatios(findings.requests?.get('small')),
    ...listFlatness(findings.flatness),
    ...listFlatness(findings.sessions),
    ...(start ? [{ title: 'Memory at rest', value: start.idle / megabyte, target: 110, unit: 'MB' }] : []),
    ...(body
      ? [
          { title: '256 MiB down: peak memory added', value: body.downloadAdds / mebibyte, target: 32, unit: 'MiB' },
          { title: '256 MiB up: peak memory added', value: body.uploadAdds / mebibyte, target: 32, unit: 'MiB' },
        ]
      : []),
    ...(connection
      ? [{ title: 'Idle keep-alive connection', value: connection.bytes / 1000, target: 12, unit: 'kB' }]
      : []),
    ...(start ? [{ title: 'Start to listening', value: start.milliseconds, target: 600, unit: 'ms' }] : []),
  ];
}
