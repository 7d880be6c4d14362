import { createVoice, type Finding } from './finding.ts';
import { judgePublicAnswer, judgePublicFault, judgeStart, type StartFacts } from './judge-public.ts';
import { isOwnAnswer } from './plain-answer.ts';
import { loadPlain } from './plain-http.ts';

export interface PublicProbe extends Omit<StartFacts, 'secure'> {
  readonly publicUrl: URL;
  /** Where the own process tells whether it is ready, as seen from here. */
  readonly readyUrl: string | undefined;
  /** False where every request brings an access token. */
  readonly signsIn: boolean;
}

const longestMs = 5_000;
const voice = createVoice('public address');

/** What browsers will meet, and what has to be registered for them. */
export async function probePublic({
  publicUrl,
  readyUrl,
  signsIn,
  ...facts
}: PublicProbe): Promise<readonly Finding[]> {
  const registered = signsIn ? facts.redirectUris : [];
  const found: Finding[] = registered.map((uri) => voice.ok(`redirect URI to register: ${uri}`));
  const secure = publicUrl.protocol === 'https:';
  if (!secure) found.push(voice.warning('plain http: cookies without Secure, for tests only', 'PROXY_PUBLIC_URL'));
  if (readyUrl !== undefined) found.push(await probeReady(readyUrl));
  const at = new URL('/oauth2/userinfo', publicUrl);
  try {
    const answer = await loadPlain(at.href, { timeoutMs: longestMs, accept: 'application/json' });
    found.push(judgePublicAnswer(answer, at));
    if (!signsIn || !isOwnAnswer(answer)) return found;
    const start = new URL('/oauth2/start', publicUrl);
    const begun = await loadPlain(start.href, { timeoutMs: longestMs, accept: 'text/html' });
    return [...found, ...judgeStart(begun, { ...facts, secure })];
  } catch (error) {
    return [...found, judgePublicFault(error, at)];
  }
}

async function probeReady(url: string): Promise<Finding> {
  try {
    const { status } = await loadPlain(url, { timeoutMs: longestMs, accept: 'text/plain' });
    if (status === 200) return voice.ok('Claimgate runs here and is ready');
    return voice.warning(`Claimgate runs here and is not ready (status ${status}); see its log`);
  } catch {
    return voice.notTested('no Claimgate runs here', 'PROXY_DEBUG_ADDR');
  }
}
