// Preloaded with `--import`: writes the names of the packages that were loaded, as JSON, when the first port is opened and at the end.
// A package inside another one is `outer > inner`.
import { registerHooks } from 'node:module';
import { Server } from 'node:net';

const names = new Set<string>();
registerHooks({
  load(url, context, next) {
    const path = [...url.matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name);
    if (path.length > 0) names.add(path.join(' > '));
    return next(url, context);
  },
});

const write = (): unknown => process.stderr.write(`${JSON.stringify([...names].toSorted())}\n`);
const { listen } = Server.prototype;
Server.prototype.listen = function (this: Server, ...args: Parameters<typeof listen>): Server {
  Server.prototype.listen = listen;
  write();
  return listen.apply(this, args);
} as typeof listen;
process.once('exit', write);
