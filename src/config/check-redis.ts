import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

const protocols = new Set(['redis:', 'rediss:', 'unix:']);

export function checkRedis({ session, redis }: Config, { problems }: Findings): void {
  const add = (setting: string, sentence: string): void => void problems.push({ setting, sentence });
  // With sessions in the browser it still carries what has ended before its time.
  if (session.store !== 'redis' && redis.urls === undefined) return;
  const urls = redis.urls ?? [];
  if (urls.length === 0) add('PROXY_REDIS_URL', 'is needed for PROXY_SESSION_STORE=redis');
  const parsed = urls.map((text) => (URL.canParse(text) ? new URL(text) : undefined));
  const [first] = parsed;
  if (
    parsed.some(
      (url) => url === undefined || !protocols.has(url.protocol) || (url.protocol !== 'unix:' && url.hostname === ''),
    )
  )
    add(
      'PROXY_REDIS_URL',
      'must hold addresses such as redis://host:6379, rediss://host:6379 or unix:///run/redis.sock',
    );
  else if (redis.mode === 'standalone') {
    if (urls.length > 1)
      add('PROXY_REDIS_URL', 'holds several addresses, which PROXY_REDIS_MODE=sentinel or cluster takes');
  } else if (parsed.some((url) => url?.protocol !== first?.protocol || url?.protocol === 'unix:')) {
    add('PROXY_REDIS_URL', `must hold addresses of one kind, redis or rediss, for PROXY_REDIS_MODE=${redis.mode}`);
  }
  if ((redis.mode === 'sentinel') !== (redis.sentinelMaster !== undefined))
    add('PROXY_REDIS_SENTINEL_MASTER', 'and PROXY_REDIS_MODE=sentinel need each other');
  if (redis.caFile !== undefined && first?.protocol !== 'rediss:')
    add('PROXY_REDIS_CA_FILE', 'has no effect without rediss:// in PROXY_REDIS_URL');
  // Braces would decide which node of a cluster a key lives on.
  if (!/^[\w:.-]{0,64}$/.test(redis.prefix))
    add('PROXY_REDIS_PREFIX', 'may hold up to 64 letters, digits, colons, dots, hyphens and underscores');
}
