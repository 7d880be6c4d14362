// Claimgate answers, knows its provider, and sends a browser there, or to the page on which people choose one.
import { request } from 'node:http';

const { TARGET_HOST, TARGET_PORT, PUBLIC_HOST } = process.env;

const answer = await new Promise((resolve, reject) => {
  const headers = { Host: PUBLIC_HOST, Accept: 'text/html' };
  const options = { host: TARGET_HOST, port: TARGET_PORT, path: '/oauth2/start', headers, timeout: 15_000 };
  request(options, resolve)
    .on('timeout', () => reject(new Error('no answer within 15 seconds')))
    .on('error', reject)
    .end();
});
const { statusCode, headers } = answer;
const isGood = statusCode === 200 || (statusCode >= 302 && statusCode <= 303 && headers.location !== undefined);
console.log(`/oauth2/start answers ${statusCode} ${headers.location?.split('?')[0] ?? ''}`);
if (!isGood) console.error('Nobody can sign in. 502 and 503: the log says why the provider cannot be reached.');
process.exit(isGood ? 0 : 1);
