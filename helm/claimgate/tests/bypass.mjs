// The application must not be reachable but through Claimgate; from this Pod every connection to its port must fail.
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

const { TARGET_HOST, TARGET_PORT, APP_HOST, APP_PORT } = process.env;

function isOpen(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: 3_000 });
    const end = (open) => {
      socket.destroy();
      resolve(open);
    };
    socket
      .on('connect', () => end(true))
      .on('timeout', () => end(false))
      .on('error', () => end(false));
  });
}

const faults = [];
const pods = await lookup(TARGET_HOST, { all: true });
for (const { address } of pods) {
  // Without this a Pod that reaches nothing at all would count as proof.
  if (!(await isOpen(address, TARGET_PORT))) faults.push(`Claimgate at ${address}:${TARGET_PORT} cannot be reached`);
  if (!APP_HOST && (await isOpen(address, APP_PORT))) faults.push(`the application answers at ${address}:${APP_PORT}`);
}
// A name that leads nowhere proves nothing either; this throws.
if (APP_HOST) await lookup(APP_HOST);
if (APP_HOST && (await isOpen(APP_HOST, APP_PORT))) faults.push(`the application answers at ${APP_HOST}:${APP_PORT}`);
for (const fault of faults) console.error(fault);
if (faults.length > 0)
  console.error('Let the application listen on 127.0.0.1 only, and see that network policies are enforced.');
else console.log(`no way around Claimgate at ${pods.map(({ address }) => address).join(', ')}`);
process.exit(faults.length === 0 ? 0 : 1);
