import fastifyCookie from '@fastify/cookie';
import fastify from 'fastify';

/** Makes the serialiser of @fastify/cookie ready for tests that need no server. */
const app = fastify();
await app.register(fastifyCookie, { hook: false });
await app.close();
