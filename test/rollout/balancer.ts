import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What a Service is: new connections go to one endpoint after the other, those there are stay where they are. */
export interface Balancer {
  readonly port: number;
  add(port: number): void;
  remove(port: number): void;
  close(): void;
}

export async function startBalancer(): Promise<Balancer> {
  const endpoints: number[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => other.resetAndDestroy());
    socket.setNoDelay(true).pipe(other);
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const next = endpoints.shift();
    if (next === undefined) {
      client.on('error', () => client.destroy()).resetAndDestroy();
      return;
    }
    endpoints.push(next);
    const upstream = connect({ port: next, host: '127.0.0.1', allowHalfOpen: true });
    keep(client, upstream);
    keep(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    add: (port) => void endpoints.push(port),
    remove: (port) => void endpoints.splice(endpoints.indexOf(port), 1),
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
