import { CLOCK_TOLERANCE } from '../oidc/jws.ts';
import { createVoice, type Finding } from './finding.ts';

const voice = createVoice('clock');
const WARNING_SECONDS = 30;

/** Milliseconds by which the sender of this Date header is ahead; undefined where there is none that can be read. */
export function findClockOffset(date: string | undefined, now: number): number | undefined {
  const sent = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(sent) ? undefined : sent - now;
}

/** Answers out of a cache bear an old date, so that the one farthest ahead counts. */
export function judgeClock(offsets: readonly number[]): Finding {
  if (offsets.length === 0) return voice.notTested('no answer of the provider had a date');
  const seconds = Math.round(Math.max(...offsets) / 1_000);
  const size = Math.abs(seconds);
  if (size <= WARNING_SECONDS) return voice.ok(`no more than ${WARNING_SECONDS} s from that of the provider`);
  const difference = `the clock of the provider is ${size} s ${seconds > 0 ? 'ahead of' : 'behind'} the one here`;
  if (size <= CLOCK_TOLERANCE) {
    return voice.warning(`${difference}; from ${CLOCK_TOLERANCE} s on tokens are refused; synchronize the clocks`);
  }
  const effect = seconds > 0 ? 'its tokens seem to come from the future' : 'its tokens may seem to have expired';
  return voice.failed(`${difference}, so that ${effect}; synchronize the clocks of both hosts`);
}
