/**
 * Scripts for what only the latest holder of a lock may do, each one step in Redis. A record that was written under a lock begins with the
 * fence of its holder, `<number>.<owner>:`; one without was written by a sign-in and counts as 0. The number in the record and the counter
 * beside the lock make up for each other: a counter that was lost goes on from the record, and holders with the same number, which only such
 * a loss can bring about, are told apart by their owner, the first to write being the one that counts.
 */
const findNumber = `local function number(record) return tonumber(string.match(record or '', '^(%d+)%.[^:]*:') or '0') end`;

/** Keys: lock, counter, record. Values: owner, milliseconds for the lock, for the counter. 0 while another holds it. */
export const acquireScript = `${findNumber}
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local fence = math.max(last, number(redis.call('GET', KEYS[3]))) + 1
redis.call('SET', KEYS[2], fence, 'PX', ARGV[3])
return fence`;

/** Key: lock. Values: owner, milliseconds. */
export const renewScript = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** Key: lock. Value: owner. */
export const releaseScript = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** Key: record. Values: fence and colon, value, milliseconds. Uses that were noted meanwhile count: its time is never shortened. */
export const replaceScript = `${findNumber}
local stored = redis.call('GET', KEYS[1])
if not stored then return 'ended' end
if string.sub(stored, 1, #ARGV[1]) == ARGV[1] then return 'saved' end
if number(stored) >= number(ARGV[1]) then return 'newer' end
local left = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[3]))
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', left)
return 'saved'`;

/** Key: record. Value: fence and colon. 0 when one with a fence as high was written. */
export const deleteScript = `${findNumber}
if number(redis.call('GET', KEYS[1])) >= number(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
return 1`;

/** Longer than anybody holds a lock without a sign of life. */
export const counterTtlMs = 3_600_000;

export const stripFence = (record: string): string => record.replace(/^\d+\.[^:]*:/, '');
