import assert from 'node:assert/strict';
import { it } from 'node:test';
import { json, startOAuth2, type OAuth2Double } from '../support/oauth2-provider.ts';
import { findRefusal } from '../support/relying-party.ts';
import { buildLocalTemplate, createTemplateParty, type TemplateParty } from '../support/template-party.ts';

const teams = [
  { slug: 'ops', organization: { login: 'acme' } },
  { slug: 'dev', organization: { login: 'acme' } },
];

/** Answers as api.github.com gives them: errors with status 200, lists in pages. */
async function setUp(): Promise<{ readonly github: OAuth2Double; readonly party: TemplateParty }> {
  const github: OAuth2Double = await startOAuth2({
    'POST /login/oauth/access_token': ({ form }) =>
      form.get('client_secret') === 'the secret of the app'
        ? json({ access_token: 'gho_token', token_type: 'bearer', scope: 'read:user' })
        : json({
            error: 'incorrect_client_credentials',
            error_description: 'The client_id and/or client_secret passed are incorrect.',
          }),
    'GET /user': ({ headers }) =>
      headers['authorization'] === 'Bearer gho_token' && headers['user-agent'] !== undefined
        ? json({
            login: 'octo',
            id: 583231,
            name: 'Octo Cat',
            email: 'public@example.com',
            avatar_url: 'https://a.example/1',
          })
        : json({ message: 'Bad credentials' }, 401),
    'GET /user/emails': () =>
      json([
        { email: 'old@example.com', primary: false, verified: true },
        { email: 'octo@example.com', primary: true, verified: true },
      ]),
    'GET /user/teams': ({ query }) => {
      const page = Number(query.get('page') ?? '1');
      const more =
        page < teams.length ? { link: `<${github.origin}/user/teams?per_page=100&page=${page + 1}>; rel="next"` } : {};
      return json([teams[page - 1]], 200, more);
    },
    'GET /user/orgs': () => json([{ login: 'acme' }]),
  });
  return { github, party: createTemplateParty(buildLocalTemplate('github', github.origin)) };
}

it('a sign-in gives number, login, verified e-mail, teams of all pages and organizations', async () => {
  const { github, party } = await setUp();
  const { claims, iss, sub, idToken } = await party.signIn();
  assert.equal(sub, '583231');
  assert.equal(iss, github.origin);
  assert.equal(idToken, undefined);
  const { userinfo = {} } = claims;
  assert.equal(userinfo['preferred_username'], 'octo');
  assert.equal(userinfo['email'], 'octo@example.com');
  assert.equal(userinfo['email_verified'], true);
  assert.deepEqual(userinfo['groups'], ['acme/ops', 'acme/dev']);
  assert.deepEqual(userinfo['organizations'], ['acme']);
});

it('the request for the code has PKCE and no nonce, and the verifier goes with the code', async () => {
  const { github, party } = await setUp();
  await party.signIn();
  const asked = party.asked().searchParams;
  assert.equal(asked.get('scope'), 'read:user user:email read:org');
  assert.equal(asked.get('code_challenge_method'), 'S256');
  assert.equal(asked.has('nonce'), false);
  const [token] = github.requests;
  assert.match(token?.form.get('code_verifier') ?? '', /^[\w-]{43}$/);
  assert.equal(token?.headers['accept'], 'application/json');
});

it('an answer in the form of a query string is understood, too', async () => {
  const { github, party } = await setUp();
  github.answer('POST /login/oauth/access_token', () => ({
    type: 'application/x-www-form-urlencoded',
    body: 'access_token=gho_token&scope=read%3Auser&token_type=bearer',
  }));
  assert.equal((await party.signIn()).sub, '583231');
});

it('a failure that comes with status 200 is a failure', async () => {
  const { github, party } = await setUp();
  github.answer('POST /login/oauth/access_token', () => json({ error: 'bad_verification_code' }));
  await findRefusal(party.signIn(), 'code_refused', /bad_verification_code/);
  github.answer('POST /login/oauth/access_token', () => json({ error: 'incorrect_client_credentials' }));
  await findRefusal(party.signIn(), 'client_auth_failed', /incorrect_client_credentials/);
  github.answer('POST /login/oauth/access_token', () => json({ error: 'redirect_uri_mismatch' }));
  await findRefusal(party.signIn(), 'idp_error', /redirect_uri_mismatch/);
});

it('without the right to see addresses the unverified one of the profile is left, unverified', async () => {
  const { github, party } = await setUp();
  github.answer('GET /user/emails', () => json({ message: 'Not Found' }, 404));
  const { userinfo = {} } = (await party.signIn()).claims;
  assert.equal(userinfo['email'], 'public@example.com');
  assert.equal(userinfo['email_verified'], undefined);
});

it('teams that cannot be listed end the sign-in: nobody is taken for a member of none', async () => {
  const { github, party } = await setUp();
  github.answer('GET /user/teams', () => json({ message: 'Resource not accessible' }, 403));
  await findRefusal(party.signIn(), 'userinfo_invalid', /groups/);
});

it('more pages than we follow end the sign-in, and a page elsewhere never gets the token', async () => {
  const { github, party } = await setUp();
  github.answer('GET /user/teams', () =>
    json([teams[0]], 200, { link: `<${github.origin}/user/teams?page=9>; rel="next"` }),
  );
  await findRefusal(party.signIn(), 'userinfo_invalid', /longer than 10 pages/);
  const elsewhere = await startOAuth2({ 'GET /steal': () => json([]) });
  github.answer('GET /user/teams', () => json([teams[0]], 200, { link: `<${elsewhere.origin}/steal>; rel="next"` }));
  await findRefusal(party.signIn(), 'userinfo_invalid', /another origin/);
  assert.equal(elsewhere.requests.length, 0);
});

it('a profile without its number is nobody', async () => {
  const { github, party } = await setUp();
  for (const id of [undefined, null, '', 1.5, { id: 1 }]) {
    github.answer('GET /user', () => json({ login: 'octo', id }));
    await findRefusal(party.signIn(), 'userinfo_invalid', /no id/);
  }
});

it('the callback is judged as everywhere: state, repeated parameters, errors', async () => {
  const { github, party } = await setUp();
  await findRefusal(
    party.signIn((callback) => callback.set('state', 'x'.repeat(43))),
    'state_mismatch',
  );
  await findRefusal(
    party.signIn((callback) => callback.append('code', 'another')),
    'callback_malformed',
  );
  await findRefusal(
    party.signIn((callback) => callback.set('error', 'access_denied')),
    'idp_denied',
  );
  assert.equal(github.requests.length, 0);
});
