/** One person the demo's provider knows. */
export interface DemoUser {
  readonly login: string;
  readonly password: string;
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
  /** Value of the claim `opencloud_role`; a person without one is refused. */
  readonly role?: string;
}

export const demoUsers: readonly DemoUser[] = [
  {
    login: 'anna',
    password: 'anna-demo',
    name: 'Anna Ahrens',
    email: 'anna@example.com',
    groups: ['staff', 'operations'],
    role: 'opencloudAdmin',
  },
  {
    login: 'ben',
    password: 'ben-demo',
    name: 'Ben Okafor',
    email: 'ben@example.com',
    groups: ['staff'],
    role: 'opencloudSpaceAdmin',
  },
  {
    login: 'cara',
    password: 'cara-demo',
    name: 'Cara Núñez',
    email: 'cara@example.com',
    groups: ['staff'],
    role: 'opencloudUser',
  },
  {
    login: 'dora',
    password: 'dora-demo',
    name: 'Dora Lindqvist',
    email: 'dora@example.com',
    groups: [],
    role: 'opencloudGuest',
  },
  { login: 'nils', password: 'nils-demo', name: 'Nils Brandt', email: 'nils@example.com', groups: ['staff'] },
];

export function findDemoUser(login: string): DemoUser | undefined {
  return demoUsers.find((user) => user.login === login);
}
