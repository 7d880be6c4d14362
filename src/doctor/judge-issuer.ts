import { createVoice, type Finding, quote } from './finding.ts';

const voice = createVoice('issuer');
const setting = 'PROXY_OIDC_ISSUER';

/** The issuer of the document against the configured one, which must be equal to the letter. */
export function judgeIssuer(configured: string, found: string): Finding {
  if (configured === found) return voice.ok(`${quote(found)}, to the letter`);
  const names = `configured ${quote(configured)}, but the discovery document says ${quote(found)}`;
  return voice.failed(`${names}. ${describeDifference(configured, found)}`, setting);
}

function describeDifference(configured: string, found: string): string {
  if (found === `${configured}/`) return 'Add the trailing slash.';
  if (configured === `${found}/`) return 'Remove the trailing slash.';
  if (!URL.canParse(found)) return 'The provider does not know its own address; set it there.';
  const here = new URL(configured);
  const there = new URL(found);
  if (here.protocol !== there.protocol && here.host === there.host) {
    return there.protocol === 'http:'
      ? 'The provider takes itself for an http server: a proxy in front of it must send X-Forwarded-Proto, or its public address must be set there.'
      : 'Write https.';
  }
  if (here.hostname !== there.hostname) {
    return 'They differ in the host: write what the document says, if browsers reach the provider there; otherwise set its public address at the provider.';
  }
  if (here.port !== there.port) return 'They differ in the port.';
  if (here.pathname.toLowerCase() === there.pathname.toLowerCase()) return 'They differ in upper and lower case.';
  return 'They differ in the path: write what the document says.';
}
