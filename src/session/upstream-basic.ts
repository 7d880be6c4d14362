import { createHmac } from 'node:crypto';

/** Where user name and password of HTTP Basic come from. */
export type BasicOptions =
  | { readonly mode: 'user'; readonly password: string }
  | { readonly mode: 'derived'; readonly key: string }
  | { readonly mode: 'fixed'; readonly user: string; readonly password: string };

function findPassword(options: BasicOptions, user: string): string {
  return options.mode === 'derived'
    ? createHmac('sha256', options.key).update(user).digest('base64url')
    : options.password;
}

/** The value of Authorization for a user: RFC 7617, section 2, in UTF-8. */
export function buildBasic(options: BasicOptions, user: string): string {
  const name = options.mode === 'fixed' ? options.user : user;
  return `Basic ${Buffer.from(`${name}:${findPassword(options, user)}`).toString('base64')}`;
}
