import type { Claims } from '../access/claims.ts';
import { Refusal } from '../errors.ts';
import type { OpenToken } from './decrypt.ts';
import type { ProviderAnswer, ProviderHttp } from './fetch.ts';
import { checkSignature, findAudiences, refuseToken } from './jws.ts';
import type { Keys } from './keys.ts';

export interface UserinfoRequest {
  readonly endpoint: string;
  readonly method: 'get' | 'post';
  readonly http: ProviderHttp;
  readonly accessToken: string;
  /** Of the token that came first; undefined where nothing is known yet, and then the answer must have one. */
  readonly sub: string | undefined;
  readonly issuer: string;
  /** A signed answer must be for one of these. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly keys: Keys;
  readonly openToken: OpenToken;
}

export interface Userinfo {
  readonly claims?: Claims;
  /** Why there are none; never because of another subject, which is always refused. */
  readonly failure?: Refusal;
  /** Of an answer that was none. */
  readonly status?: number;
}

/** Asks who the access token stands for. Throws Refusal userinfo_invalid when that is someone else. */
export async function loadUserinfo(request: UserinfoRequest): Promise<Userinfo> {
  let claims: Claims;
  try {
    const answer = await fetchAnswer(request);
    const { status } = answer;
    if (status !== 200) return { failure: refuse(`answered with status ${status}`), status };
    claims = answer.mediaType === 'application/jwt' ? await checkSigned(answer.body, request) : parseJson(answer);
  } catch (error) {
    if (error instanceof Refusal) return { failure: error };
    throw error;
  }
  const { sub } = claims;
  // OpenID Connect Core 1.0, section 5.3.2: without the same sub the answer must not be used.
  if (typeof sub !== 'string' || sub === '' || (request.sub !== undefined && sub !== request.sub)) {
    throw new Refusal('userinfo_invalid', 'userinfo is about another subject than the token');
  }
  return { claims };
}

async function fetchAnswer(request: UserinfoRequest): Promise<ProviderAnswer> {
  // OpenID Connect Core 1.0, section 5.3.1: either method.
  const isPosted = request.method === 'post';
  return await request.http.load(request.endpoint, {
    what: 'userinfo',
    malformed: 'userinfo_invalid',
    headers: {
      accept: 'application/json, application/jwt',
      // RFC 6750, section 2.1: in the header, nowhere else.
      authorization: `Bearer ${request.accessToken}`,
      ...(isPosted && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(isPosted && ({ method: 'POST', body: '' } as const)),
  });
}

async function checkSigned(token: string, request: UserinfoRequest): Promise<Claims> {
  const check = { name: 'userinfo', code: 'userinfo_invalid', ...request } as const;
  const { claims } = await checkSignature(await request.openToken(token, check), check);
  // OpenID Connect Core 1.0, section 5.3.2: iss and aud should be there; when they are, they must be right.
  if ('iss' in claims && claims['iss'] !== request.issuer) refuseToken(check, 'iss is not the issuer');
  if ('aud' in claims && findAudiences(claims)?.some((one) => request.audiences.includes(one)) !== true) {
    refuseToken(check, 'aud does not hold the client id');
  }
  return claims;
}

function parseJson({ mediaType, body }: ProviderAnswer): Claims {
  if (mediaType !== 'application/json' && !mediaType.endsWith('+json')) throw refuse('is neither JSON nor a JWT');
  let claims: unknown;
  try {
    claims = JSON.parse(body);
  } catch {
    throw refuse('is not JSON');
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) throw refuse('is not a JSON object');
  return claims as Claims;
}

function refuse(fault: string): Refusal {
  return new Refusal('userinfo_invalid', `userinfo ${fault}`);
}
