import { createVoice, type Finding } from './finding.ts';

const voice = createVoice('redis');

export interface RedisFacts {
  readonly mode: 'standalone' | 'sentinel' | 'cluster';
}

/** What went wrong, as the product's Redis describes it, and the setting that helps. */
export function judgeRedisFault(detail: string, doing: string): Finding {
  const say = (sentence: string, ...settings: readonly string[]): Finding =>
    voice.failed(`${doing}: ${sentence}`, ...settings);
  if (/\bNOAUTH\b/.test(detail)) return say('it asks for a password', 'PROXY_REDIS_PASSWORD');
  if (/\bWRONGPASS\b|invalid password|without any password configured/.test(detail)) {
    return say('user name or password is wrong', 'PROXY_REDIS_USERNAME', 'PROXY_REDIS_PASSWORD');
  }
  if (/\bNOPERM\b/.test(detail)) {
    return say(
      'the ACL of this user does not allow it; docs/sessions.md has the rules',
      'PROXY_REDIS_USERNAME',
      'PROXY_REDIS_PREFIX',
    );
  }
  if (/\bREADONLY\b|\bMASTERDOWN\b/.test(detail)) {
    return say(
      'this server is a replica and takes no writes; name the primary, or the sentinels',
      'PROXY_REDIS_URL',
      'PROXY_REDIS_MODE',
    );
  }
  if (/\bMOVED\b|\bCLUSTERDOWN\b|\bCROSSSLOT\b/.test(detail)) {
    return say('this server is part of a cluster', 'PROXY_REDIS_MODE');
  }
  if (/\bOOM\b/.test(detail)) return say('its memory is full', 'PROXY_REDIS_URL');
  if (/ENOTFOUND|EAI_AGAIN/.test(detail)) return say('the host name is unknown here', 'PROXY_REDIS_URL');
  if (/ECONNREFUSED/.test(detail)) return say('nothing listens there (connection refused)', 'PROXY_REDIS_URL');
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(detail)) {
    return say('its certificate is not accepted', 'PROXY_REDIS_CA_FILE', 'PROXY_REDIS_URL');
  }
  if (/ERR_SSL|EPROTO|wrong version number/.test(detail)) {
    return say('it does not speak TLS at this port; write redis:// or the port of TLS', 'PROXY_REDIS_URL');
  }
  if (/ENOENT|EACCES/.test(detail)) return say('its socket is not there, or may not be opened', 'PROXY_REDIS_URL');
  if (/no answer in time|timeout|ETIMEDOUT/i.test(detail)) {
    return say('no answer in time; with TLS at that port, write rediss://', 'PROXY_REDIS_URL', 'PROXY_REDIS_TIMEOUT');
  }
  if (/ECONNRESET|Socket closed|ended/i.test(detail)) {
    return say('the connection was taken and ended; with TLS at that port, write rediss://', 'PROXY_REDIS_URL');
  }
  return say('it failed', 'PROXY_REDIS_URL');
}

/** What the server says of itself: the answers to INFO server, replication and memory, one after the other. */
export function judgeRedisInfo(info: string, { mode }: RedisFacts): readonly Finding[] {
  const values = new Map(
    [...info.matchAll(/^([a-z_]+):([^\r\n]*)/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const found: Finding[] = [];
  const isCluster = values.get('redis_mode') === 'cluster' || values.get('server_mode') === 'cluster';
  if (isCluster && mode !== 'cluster') {
    found.push(voice.failed('the server is part of a cluster, and is not asked as one', 'PROXY_REDIS_MODE'));
  }
  if (values.has('role') && values.get('role') !== 'master') {
    found.push(
      voice.failed(
        'the server is a replica; name the primary, or the sentinels',
        'PROXY_REDIS_URL',
        'PROXY_REDIS_MODE',
      ),
    );
  }
  const policy = values.get('maxmemory_policy');
  if (policy === undefined) found.push(voice.notTested('what it does when its memory is full; INFO does not say'));
  else if (policy === 'noeviction' || values.get('maxmemory') === '0') {
    found.push(voice.ok('it forgets nothing before its time'));
  } else {
    found.push(
      voice.warning(
        `its maxmemory-policy is ${findWord(policy)}: when its memory is full it signs people out; set noeviction`,
      ),
    );
  }
  return found;
}

const findWord = (text: string): string => (/^[a-z-]{1,32}$/.test(text) ? text : 'an unknown one');
