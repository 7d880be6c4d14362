// Fastify with @fastify/http-proxy as its readme shows them, logging off. Arguments: port, upstream origin.
import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';

const [port, upstream] = process.argv.slice(2);
const app = fastify({ logger: false, keepAliveTimeout: 75_000 });
app.register(httpProxy, { upstream: upstream ?? '', undici: { connections: 256, pipelining: 1 } });
await app.listen({ host: '127.0.0.1', port: Number(port) });
