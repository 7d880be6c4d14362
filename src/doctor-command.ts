import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { buildProbes, listSecrets } from './app-doctor.ts';
import { loadConfig } from './config/load.ts';
import { ConfigError } from './config/problems.ts';
import { checkExamples, createDecisions } from './decisions.ts';
import type { Finding } from './doctor/finding.ts';
import { findOutsideAddress, probeOutside } from './doctor/probe-outside.ts';
import { redactFindings } from './doctor/redact.ts';
import { buildJsonReport, buildReport, findExitCode } from './doctor/report.ts';
import { createLogger } from './log.ts';

export const doctorUsage = `usage: claimgate doctor [options]

  --json                   one JSON document in place of lines
  --app-from-outside URL   an address of the application at which nobody may get in, as seen from here; may be repeated
  --reachable URL          what can be reached from here, best Claimgate beside the application; may be repeated. Without it the
                           public URL. Where it cannot be reached, silence of the application is no proof
  --outside-only           try nothing but these; needs no configuration

Ends with 0 when nothing failed, 1 when something did, 2 when the configuration or the command line is wrong.
`;

export interface DoctorArguments {
  readonly json: boolean;
  readonly outside: readonly URL[];
  readonly reachable: readonly URL[];
  readonly outsideOnly: boolean;
}

interface Process {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: { write(text: string): unknown };
  readonly err: { write(text: string): unknown };
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

const options = {
  json: { type: 'boolean' },
  'app-from-outside': { type: 'string', multiple: true },
  reachable: { type: 'string', multiple: true },
  'outside-only': { type: 'boolean' },
} as const;

/** The arguments, or what is wrong with them. */
export function findDoctorArguments(args: readonly string[]): DoctorArguments | string {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const outside = findAddresses(values['app-from-outside']);
    const reachable = findAddresses(values.reachable);
    if (outside === undefined || reachable === undefined) {
      return '--app-from-outside and --reachable take http://host:port or https://host:port, without a password';
    }
    const outsideOnly = values['outside-only'] === true;
    if (outsideOnly && outside.length === 0) return '--outside-only needs --app-from-outside';
    return { json: values.json === true, outside, reachable, outsideOnly };
  } catch (error) {
    return error instanceof Error ? error.message : 'the arguments cannot be read';
  }
}

/** undefined when one of them is no address. */
function findAddresses(texts: readonly string[] = []): readonly URL[] | undefined {
  const urls = texts.map(findOutsideAddress).filter((url) => url !== undefined);
  return urls.length === texts.length ? urls : undefined;
}

/** Asks everybody the configuration names, and says what to change. Returns the exit code. */
export async function runDoctor(args: readonly string[], process: Process): Promise<0 | 1 | 2> {
  const found = findDoctorArguments(args);
  if (typeof found === 'string') {
    process.err.write(`claimgate: ${found}\n${doctorUsage}`);
    return 2;
  }
  const { json, outside, outsideOnly } = found;
  const prepared = outsideOnly ? { secrets: [], probes: [], reachable: [] } : prepare(process);
  if (prepared === undefined) return 2;
  const findings: Finding[] = [];
  for (const probe of prepared.probes) findings.push(...(await probe()));
  findings.push(...(await probeOutside(outside, found.reachable.length > 0 ? found.reachable : prepared.reachable)));
  const told = redactFindings(findings, prepared.secrets);
  process.out.write(json ? buildJsonReport(told) : buildReport(told));
  return findExitCode(told);
}

/** Everything up to where `serve` would open its port; undefined, and said why, where it would not get there. */
function prepare({ env, err, now, randomBytes }: Process) {
  try {
    const { config, found, reloadSecret } = loadConfig({ env });
    const decisions = createDecisions(config);
    checkExamples(decisions, config.rules.examples);
    const log = createLogger({ level: 'silent', destination: { write: () => undefined }, now });
    const surroundings = { log, now, randomBytes, reloadSecret, ownAddresses: listOwnAddresses() };
    return {
      secrets: listSecrets(found),
      reachable: [new URL(config.http.publicUrl)],
      probes: buildProbes(config, decisions.rules.claimPaths, surroundings),
    };
  } catch (error) {
    const problems =
      error instanceof ConfigError
        ? error.problems.map(({ setting, sentence }) => `${setting} ${sentence}`)
        : [error instanceof Error ? error.message : String(error)];
    err.write(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}\n`).join('')}`);
    return undefined;
  }
}

function listOwnAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address);
}
