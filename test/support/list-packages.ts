// Preloaded with `--import`: writes the names of the packages that were loaded, as JSON, when the first port is opened and at the end.
// A package inside another one is `outer > inner`.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { registerHooks } from 'node:module';

const names = new Set<string>();
registerHooks({
  load(url, context, next) {
    const path = [...url.matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name);
    if (path.length > 0) names.add(path.join(' > '));
    return next(url, context);
  },
});

const write = (): unknown => process.stderr.write(`${JSON.stringify([...names].toSorted())}\n`);
const channel = 'tracing:net.server.listen:asyncStart';
const onListen = (): void => {
  unsubscribe(channel, onListen);
  write();
};
subscribe(channel, onListen);
process.once('exit', write);
