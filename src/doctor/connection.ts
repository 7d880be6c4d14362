import { connect } from 'node:net';

/** Opens a connection and closes it again. Throws what kept it from opening; silence throws ETIMEDOUT. */
export function openConnection(host: string, port: number, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port });
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  socket.once('connect', () => {
    clearTimeout(timer);
    resolve();
    socket.destroy();
  });
  socket.once('error', (error) => {
    clearTimeout(timer);
    reject(error);
  });
  return promise;
}

/** The port of an address that may leave it out. */
export function findPort({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
