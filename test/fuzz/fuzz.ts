/** `npm run fuzz -- --seconds 60 --seed 1`: the same seed gives the same batches; `--from 17 --batches 1` plays one again. */
import { parseArgs } from 'node:util';
import { runFuzz } from './run.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    batches: { type: 'string' },
  },
});
const result = await runFuzz({
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  from: Number(values.from),
  ...(values.batches === undefined ? {} : { batches: Number(values.batches) }),
});
for (const problem of result.problems) process.stdout.write(`✖ ${problem}\n`);
process.stdout.write(
  `seed ${values.seed}: ${result.batches} batches, ${result.connections} connections, ${result.forwarded} requests at the application, ${result.problems.length} problems\n`,
);
process.exitCode = result.problems.length === 0 ? 0 : 1;
