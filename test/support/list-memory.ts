// Preloaded with `--import`: writes at the end what V8 was told and how many ticks are kept, as JSON. MEMORY_LIMIT: bytes that the system allows.
import { syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';
import { keptTicks } from '../../src/tick-shape.ts';

const flags: string[] = [];
const { setFlagsFromString } = v8;
v8.setFlagsFromString = (flag) => {
  flags.push(flag);
  setFlagsFromString(flag);
};
syncBuiltinESMExports();

const limit = process.env['MEMORY_LIMIT'];
process.constrainedMemory = () => Number(limit);

process.once('exit', () => process.stderr.write(`${JSON.stringify({ flags, ticks: keptTicks.length })}\n`));
