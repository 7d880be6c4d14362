import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

// proc(5): fields after the command name, which is in parentheses and may hold spaces.
const parent = 1;
const userTime = 11;
const systemTime = 12;

/** Linux reports these times in hundredths of a second on every platform (USER_HZ). */
const ticksPerSecond = 100;

function findStat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The process and everything below it. */
export function listTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? findStat(Number(entry)) : undefined;
    if (stat === undefined) continue;
    const above = Number(stat[parent]);
    children.set(above, [...(children.get(above) ?? []), Number(entry)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** User and system time of a process tree so far, in milliseconds. */
export function readCpu(root: number): number {
  let ticks = 0;
  for (const pid of listTree(root)) {
    const stat = findStat(pid);
    ticks += Number(stat?.[userTime] ?? 0) + Number(stat?.[systemTime] ?? 0);
  }
  return (ticks * 1000) / ticksPerSecond;
}

function readStatus(pid: number, field: string): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(`${field}:`));
  return Number(line?.match(/\d+/)?.[0] ?? 0) * 1024;
}

/** Resident memory of a process tree in bytes; pages shared between its processes count once for each. */
export function readRss(root: number): number {
  return listTree(root).reduce((sum, pid) => sum + readStatus(pid, 'VmRSS'), 0);
}

/** Highest resident memory of the tree since `resetPeak`, in bytes. */
export function readPeak(root: number): number {
  return listTree(root).reduce((sum, pid) => sum + readStatus(pid, 'VmHWM'), 0);
}

export function resetPeak(root: number): void {
  for (const pid of listTree(root)) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
