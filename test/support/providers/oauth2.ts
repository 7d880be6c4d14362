import { json, type OAuth2Double, type OAuth2Request, startOAuth2 } from '../oauth2-provider.ts';
import { buildLocalTemplate } from '../template-party.ts';

/** A provider without OpenID Connect: its double, and the built-in template with its hosts led there. */
export interface OAuth2Profile {
  readonly start: () => Promise<OAuth2Double>;
  readonly env: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, string>>;
}

const redirect = ({ query }: OAuth2Request) => {
  const back = new URL(query.get('redirect_uri') ?? '');
  back.searchParams.set('code', 'the-code');
  back.searchParams.set('state', query.get('state') ?? '');
  return { status: 302, headers: { location: back.href }, body: '' };
};

/** The setting that leads a built-in template to the double. */
export const leadTo = (name: 'github' | 'qq', { origin }: OAuth2Double): string =>
  JSON.stringify(buildLocalTemplate(name, origin));

/** Errors come with status 200; requests without a User-Agent are refused; teams are the only roles. */
export const github: OAuth2Profile = {
  start: () =>
    startOAuth2({
      'GET /login/oauth/authorize': redirect,
      'POST /login/oauth/access_token': ({ form }) =>
        form.get('code') === 'the-code' && form.has('client_secret')
          ? json({ access_token: 'gho_token', token_type: 'bearer', scope: 'read:user,user:email,read:org' })
          : json({ error: 'bad_verification_code' }),
      'GET /user': ({ headers }) =>
        headers['user-agent'] === undefined
          ? json({ message: 'Request forbidden by administrative rules.' }, 403)
          : json({ login: 'vera', id: 583_231, name: 'Vera Wood' }),
      'GET /user/emails': () => json([{ email: 'vera@example.com', primary: true, verified: true }]),
      'GET /user/teams': () => json([{ slug: 'ops', organization: { login: 'acme' } }]),
      'GET /user/orgs': () => json([{ login: 'acme' }]),
    }),
  env: { PROXY_ROLE_MAPPING: 'acme/ops=admin' },
  expected: {
    'X-Forwarded-User': '583231',
    'X-Forwarded-Role': 'admin',
    'X-Forwarded-Preferred-Username': 'vera',
    'X-Forwarded-Email': 'vera@example.com',
  },
};

/** Everything by GET, the secret in the query, answers as query string and JSONP, errors in bodies with status 200. */
export const qq: OAuth2Profile = {
  start: () =>
    startOAuth2({
      'GET /oauth2.0/authorize': redirect,
      'GET /oauth2.0/token': ({ query }) =>
        query.has('client_secret')
          ? { body: 'access_token=FE04CCE2&expires_in=7776000&refresh_token=88E4BE14' }
          : { body: 'callback( {"error":100009,"error_description":"client secret is illegal"} );' },
      'GET /oauth2.0/me': () => ({ body: 'callback( {"client_id":"claimgate","openid":"0DDB06"} );\n' }),
      'GET /user/get_user_info': ({ query }) =>
        query.has('oauth_consumer_key')
          ? json({ ret: 0, msg: '', nickname: 'Vera', figureurl_qq_2: 'https://q.example/100' })
          : json({ ret: -22, msg: 'openid is invalid' }),
    }),
  env: { PROXY_ROLE_ASSIGNMENT_DRIVER: 'default', PROXY_ROLE_DEFAULT: 'user' },
  expected: {
    'X-Forwarded-User': '0DDB06',
    'X-Forwarded-Role': 'user',
    'X-Forwarded-Name': 'Vera',
    'X-Forwarded-Picture': 'https://q.example/100',
  },
};
