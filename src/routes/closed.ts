import { Refusal } from '../errors.ts';
import type { Answer, Endpoint } from './own.ts';

const refuse: Answer = () => {
  throw new Refusal('sign_in_off', 'an address of the sign-in, on a site without one');
};
const closed: Endpoint = { GET: refuse, POST: refuse };

/** Addresses of ours that lead nowhere, and to no application either. */
export function listClosedEndpoints(paths: readonly string[]): Readonly<Record<string, Endpoint>> {
  return Object.fromEntries(paths.map((path) => [path, closed]));
}
