// node scripts/sbom.ts: the bill of materials of production in CycloneDX, to standard output. The same lock file gives the same text.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Component {
  readonly 'bom-ref': string;
}

interface Bill {
  readonly metadata: { readonly timestamp?: string; readonly component: Component & { readonly name: string } };
  readonly serialNumber?: string;
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Lock {
  readonly name: string;
  readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const root = resolve(import.meta.dirname, '..');

/** Takes away what only development or one platform needs, and what is different every time. */
function buildBill(bill: Bill, lock: Lock): unknown {
  const wanted = new Set(
    Object.entries(lock.packages)
      .filter(([, { dev, optional, devOptional }]) => dev !== true && optional !== true && devOptional !== true)
      .map(
        ([path, { version }]) =>
          `${path === '' ? lock.name : path.replace(/^.*node_modules\//, '')}@${String(version)}`,
      ),
  );
  const { metadata } = bill;
  return {
    ...bill,
    serialNumber: undefined,
    metadata: { ...metadata, timestamp: undefined, component: { ...metadata.component, name: lock.name } },
    components: bill.components.filter((component) => wanted.has(component['bom-ref'])),
    dependencies: bill.dependencies
      .filter(({ ref }) => wanted.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => wanted.has(one)) })),
  };
}

// npm's own --omit=dev also leaves out what development needs beside production.
const args = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
const text = execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const lock = JSON.parse(readFileSync(resolve(root, 'package-lock.json'), 'utf8')) as Lock;
process.stdout.write(`${JSON.stringify(buildBill(JSON.parse(text) as Bill, lock), undefined, 2)}\n`);
