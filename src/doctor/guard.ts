import { createVoice, type Finding } from './finding.ts';

/** What a probe found. One that throws has failed, as nobody knows what it met, and keeps no other from its turn. */
export async function loadFindings(probe: string, run: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await run();
  } catch (error) {
    // Messages of libraries may hold what was sent.
    const name = error instanceof Error ? error.name : 'a value was thrown';
    return [createVoice(probe).failed(`the test itself ended with an error (${name}); nothing is known`)];
  }
}
