import type { ProviderUser } from './provider-types.ts';

function describe(sub: string, claims: Readonly<Record<string, unknown>>): ProviderUser {
  return { sub, claims: { preferred_username: sub, ...claims } };
}

/** An identity as the application receives it: user, roles, and what else is there; values as they are on the wire. */
function identify(user: string, role: string, more: readonly string[] = [], roles = role): readonly string[] {
  return [`X-Forwarded-User: ${user}`, `X-Forwarded-Role: ${role}`, `X-Forwarded-Roles: ${roles}`, ...more];
}

const username = (value: string) => `X-Forwarded-Preferred-Username: ${value}`;

/** People for raw tests; what the application must get of them is in `identities`. */
export const people: readonly ProviderUser[] = [
  describe('anna', {
    email: 'anna@example.com',
    name: 'Anna Admin',
    groups: ['staff', 'ops'],
    opencloud_role: 'opencloudAdmin',
  }),
  describe('cara', { email: 'cara@example.com', opencloud_role: 'opencloudUser' }),
  describe('dora', { opencloud_role: 'opencloudUser' }),
  describe('nils', {}),
];

export const identities = {
  anna: identify('anna', 'admin', [
    'X-Forwarded-Email: anna@example.com',
    'X-Forwarded-Name: Anna Admin',
    username('anna'),
    'X-Forwarded-Groups: staff,ops',
  ]),
  cara: identify('cara', 'user', ['X-Forwarded-Email: cara@example.com', username('cara')]),
  dora: identify('dora', 'user', [username('dora')]),
} as const;

export { describe as describePerson, identify, username };
