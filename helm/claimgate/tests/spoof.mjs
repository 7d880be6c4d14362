// Identity headers of a stranger, in several spellings, open nothing and do not arrive.
import { request } from 'node:http';

const { TARGET_HOST, TARGET_PORT, PUBLIC_HOST, ECHO_PATH } = process.env;
const marker = 'forged-by-helm-test';
const names = ['X-Forwarded-User', 'x-forwarded-role', 'X_Forwarded_User', 'X-Forwarded-Roles', 'X-Forwarded-Email'];
const forged = Object.fromEntries(names.map((name) => [name, marker]));

function ask(path) {
  return new Promise((resolve, reject) => {
    const headers = { Host: PUBLIC_HOST, Accept: 'application/json', ...forged };
    request({ host: TARGET_HOST, port: TARGET_PORT, path, headers, timeout: 15_000 }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text) => (body += text));
      answer.on('end', () => resolve({ status: answer.statusCode, body }));
    })
      .on('timeout', () => reject(new Error('no answer within 15 seconds')))
      .on('error', reject)
      .end();
  });
}

const faults = [];
const own = await ask('/oauth2/userinfo');
if (own.status !== 401)
  faults.push(`/oauth2/userinfo answers ${own.status} to a stranger with forged headers, not 401`);
// Where the application has a public start page, this shows nothing; its own answer decides.
const page = await ask('/');
if (page.body.includes(marker)) faults.push('/ shows a forged header: it arrived at the application');
if (ECHO_PATH) {
  const echo = await ask(ECHO_PATH);
  if (echo.status !== 200) faults.push(`${ECHO_PATH} answers ${echo.status}; tests.echoPath must be a public path`);
  if (echo.body.includes(marker)) faults.push(`${ECHO_PATH} shows a forged header: it arrived at the application`);
}
for (const fault of faults) console.error(fault);
if (faults.length === 0) console.log('forged identity headers open nothing');
process.exit(faults.length === 0 ? 0 : 1);
