import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Demo, startDemo } from '../../examples/demo/demo.ts';
import { type Curl, type CurlAnswer, createCurl, findField, findFormAction } from '../support/curl.ts';

const html = { Accept: 'text/html' };
const expectedRoles = { anna: 'admin', ben: 'spaceadmin', cara: 'user', dora: 'user-light' } as const;

let demo: Demo;
let stop = async () => {};
before(async () => {
  demo = await startDemo({ ports: { app: 0, admin: 0, provider: 0, upstream: 0 } });
  stop = () => demo.stop();
});
after(() => stop());

interface Seen {
  readonly headers: Readonly<Record<string, string>>;
}

function readSeen(answer: CurlAnswer): Seen {
  assert.equal(answer.status, 200, answer.body);
  return JSON.parse(answer.body) as Seen;
}

function isLoginPage(answer: CurlAnswer): boolean {
  return answer.status === 200 && answer.url.startsWith(`${demo.issuer}/interaction/`);
}

/** Opens `path`, fills the provider's form in, and gives the answer that comes in the end. */
async function signIn(
  curl: Curl,
  login: string,
  path = '/headers.json',
  password = `${login}-demo`,
): Promise<CurlAnswer> {
  const page = await curl(demo.url + path, { headers: html, follow: true });
  assert.ok(isLoginPage(page), `${page.status} ${page.url}`);
  const action = findFormAction(page);
  assert.ok(action);
  return curl(action, { headers: html, follow: true, form: { login, password } });
}

function withCurl(use: (curl: Curl) => Promise<void>): () => Promise<void> {
  return async () => {
    const curl = createCurl();
    try {
      await use(curl);
    } finally {
      curl.dispose();
    }
  };
}

describe('signing in with curl', () => {
  for (const [login, role] of Object.entries(expectedRoles)) {
    test(
      `${login} reaches the application as ${role}`,
      withCurl(async (curl) => {
        const { headers } = readSeen(await signIn(curl, login));
        assert.equal(headers['x-forwarded-user'], login);
        assert.equal(headers['x-forwarded-role'], role);
      }),
    );
  }

  test(
    'the address asked for first is where the sign-in ends',
    withCurl(async (curl) => {
      const answer = await signIn(curl, 'anna', '/admin?tab=users&x=%2F');
      assert.equal(answer.url, `${demo.url}/admin?tab=users&x=%2F`);
      assert.equal(answer.status, 200);
    }),
  );

  test(
    'a wrong password shows the sign-in page again, and no session comes of it',
    withCurl(async (curl) => {
      const answer = await signIn(curl, 'anna', '/headers.json', 'wrong');
      assert.equal(answer.status, 401);
      assert.match(answer.body, /do not belong together/);
      assert.equal((await curl(`${demo.url}/headers.json`)).status, 401);
    }),
  );

  test(
    'a person without a role is refused, and the page names the claim',
    withCurl(async (curl) => {
      const answer = await signIn(curl, 'nils', '/reports');
      assert.equal(answer.status, 403);
      assert.match(answer.body, /opencloud_role/);
      assert.match(answer.body, /role_claim_missing/);
      const again = await curl(`${demo.url}/headers.json`, { headers: { Accept: 'application/json' } });
      assert.equal(again.status, 403);
      assert.match(again.body, /role_claim_missing/);
    }),
  );

  test(
    'a sign-in cancelled at the provider is refused, and leaves no session',
    withCurl(async (curl) => {
      const page = await curl(`${demo.url}/`, { headers: html, follow: true });
      const answer = await curl(findFormAction(page) ?? '', { headers: html, follow: true, form: { act: 'cancel' } });
      assert.equal(answer.status, 403);
      assert.match(answer.body, /idp_denied/);
      assert.equal((await curl(`${demo.url}/headers.json`)).status, 401);
    }),
  );
});

describe('rules', () => {
  test(
    'the public page needs no session and receives no identity, whatever is sent',
    withCurl(async (curl) => {
      const spoofed = { ...html, 'X-Forwarded-User': 'mallory', 'X-Forwarded-Role': 'admin' };
      const answer = await curl(`${demo.url}/public`, { headers: spoofed });
      assert.equal(answer.status, 200);
      assert.match(answer.body, /Hello, stranger/);
      assert.doesNotMatch(answer.body, /mallory/);
    }),
  );

  test(
    'without a session a browser is sent to the provider, and a script is told 401',
    withCurl(async (curl) => {
      const browser = await curl(`${demo.url}/reports`, { headers: html });
      assert.ok([302, 303].includes(browser.status), String(browser.status));
      const script = await curl(`${demo.url}/reports`, { headers: { Accept: 'application/json' } });
      assert.equal(script.status, 401);
      assert.match(script.body, /login_required/);
    }),
  );

  test(
    'only the admin sees /admin',
    withCurl(async (curl) => {
      const answer = await signIn(curl, 'cara', '/admin');
      assert.equal(answer.status, 403);
      assert.match(answer.body, /role_required/);
      assert.equal((await curl(`${demo.url}/reports`, { headers: html })).status, 200);
    }),
  );
});

test(
  'headers that claim another identity do not arrive',
  withCurl(async (curl) => {
    await signIn(curl, 'cara');
    const spoofed = {
      'X-Forwarded-User': 'anna',
      'X-Forwarded-Role': 'admin',
      'X-Forwarded-Roles': 'admin',
      'X-Forwarded-Email': 'anna@example.com',
      x_forwarded_user: 'anna',
      'X-Forwarded_Role': 'admin',
    };
    const { headers } = readSeen(await curl(`${demo.url}/headers.json`, { headers: spoofed }));
    assert.equal(headers['x-forwarded-user'], 'cara');
    assert.equal(headers['x-forwarded-role'], 'user');
    assert.equal(headers['x-forwarded-roles'], 'user');
    assert.equal(headers['x-forwarded-email'], 'cara@example.com');
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.includes('_')),
      [],
    );
  }),
);

test(
  'the application sees no cookie of Claimgate',
  withCurl(async (curl) => {
    const { headers } = readSeen(await signIn(curl, 'ben'));
    assert.equal(headers['cookie'], undefined);
  }),
);

test(
  'signing out ends the session at Claimgate and at the provider',
  withCurl(async (curl) => {
    await signIn(curl, 'dora');
    const asked = await curl(`${demo.url}/oauth2/sign_out`, {
      headers: { ...html, Origin: demo.url, 'Sec-Fetch-Site': 'same-origin' },
      follow: true,
      form: {},
    });
    assert.ok(asked.url.startsWith(`${demo.issuer}/`), asked.url);
    const [action, xsrf] = [findFormAction(asked), findField(asked, 'xsrf')];
    assert.ok(action);
    assert.ok(xsrf);
    assert.equal((await curl(`${demo.url}/headers.json`)).status, 401);
    const done = await curl(action, { headers: html, follow: true, form: { xsrf, logout: 'yes' } });
    assert.equal(done.status, 200);
    assert.ok(done.url.startsWith(`${demo.url}/oauth2/signed_out`), done.url);
    assert.ok(isLoginPage(await curl(`${demo.url}/reports`, { headers: html, follow: true })));
  }),
);

test(
  'a session at the provider signs in again without a question',
  withCurl(async (curl) => {
    await signIn(curl, 'ben');
    const local = await curl(`${demo.url}/oauth2/sign_out`, {
      headers: { ...html, Origin: demo.url, 'Sec-Fetch-Site': 'same-origin' },
    });
    assert.ok(local.status < 400, String(local.status));
    const again = await curl(`${demo.url}/headers.json`, { headers: html, follow: true });
    assert.equal(readSeen(again).headers['x-forwarded-user'], 'ben');
  }),
);
