import type { IdentityField } from '../access/identity.ts';
import type { HeaderEncoding, Separator } from '../access/header-value.ts';

/** The header names of one product, and how it writes values into them. */
interface HeaderPreset {
  readonly headers: Readonly<Partial<Record<IdentityField, readonly string[]>>>;
  readonly encoding: HeaderEncoding;
  readonly separator: Separator;
}

export const headerPresetNames = [
  'generic',
  'oauth2-proxy',
  'authelia',
  'authentik',
  'grafana',
  'remote-user',
] as const;

export type HeaderPresetName = (typeof headerPresetNames)[number];

export const headerPresets: Readonly<Record<HeaderPresetName, HeaderPreset>> = {
  generic: {
    headers: {
      user: ['X-Forwarded-User'],
      role: ['X-Forwarded-Role'],
      roles: ['X-Forwarded-Roles'],
      email: ['X-Forwarded-Email'],
      name: ['X-Forwarded-Name'],
      username: ['X-Forwarded-Preferred-Username'],
      groups: ['X-Forwarded-Groups'],
      picture: ['X-Forwarded-Picture'],
      phone: ['X-Forwarded-Phone'],
    },
    encoding: 'percent',
    separator: ',',
  },
  'oauth2-proxy': {
    headers: {
      user: ['X-Forwarded-User', 'X-Auth-Request-User'],
      email: ['X-Forwarded-Email', 'X-Auth-Request-Email'],
      username: ['X-Forwarded-Preferred-Username', 'X-Auth-Request-Preferred-Username'],
      groups: ['X-Forwarded-Groups', 'X-Auth-Request-Groups'],
    },
    encoding: 'utf8',
    separator: ',',
  },
  authelia: {
    headers: { user: ['Remote-User'], name: ['Remote-Name'], email: ['Remote-Email'], groups: ['Remote-Groups'] },
    encoding: 'utf8',
    separator: ',',
  },
  authentik: {
    headers: {
      user: ['X-authentik-username'],
      groups: ['X-authentik-groups'],
      email: ['X-authentik-email'],
      name: ['X-authentik-name'],
      subject: ['X-authentik-uid'],
    },
    encoding: 'utf8',
    separator: '|',
  },
  grafana: {
    headers: {
      user: ['X-WEBAUTH-USER'],
      name: ['X-WEBAUTH-NAME'],
      email: ['X-WEBAUTH-EMAIL'],
      role: ['X-WEBAUTH-ROLE'],
      groups: ['X-WEBAUTH-GROUPS'],
    },
    encoding: 'utf8',
    separator: ',',
  },
  'remote-user': {
    headers: { user: ['Remote-User', 'X-Remote-User'] },
    encoding: 'percent',
    separator: ',',
  },
};

type Separators = ',' | ';' | '|' | 'space';

/** The settings that stand over a preset. */
export interface HeaderSettings extends Readonly<Record<IdentityField, readonly string[] | undefined>> {
  readonly preset: HeaderPresetName;
  readonly encoding: HeaderEncoding | undefined;
  readonly separator: Separators | undefined;
}

const fields = Object.keys({
  user: 0,
  role: 0,
  roles: 0,
  email: 0,
  name: 0,
  username: 0,
  groups: 0,
  picture: 0,
  phone: 0,
  subject: 0,
} satisfies Record<IdentityField, 0>) as readonly IdentityField[];

export function findSeparator(name: Separators): Separator {
  return name === 'space' ? ' ' : name;
}

/** The preset with what the settings say instead. */
export function buildHeaders(settings: HeaderSettings): HeaderPreset {
  const preset = headerPresets[settings.preset];
  const { encoding = preset.encoding, separator } = settings;
  return {
    headers: Object.fromEntries(fields.map((field) => [field, settings[field] ?? preset.headers[field] ?? []])),
    encoding,
    separator: separator === undefined ? preset.separator : findSeparator(separator),
  };
}

/** The header names of all presets: none of them may come from a client, whichever is in use. */
export function listPresetHeaders(): readonly string[] {
  return Object.values(headerPresets).flatMap(({ headers }) => Object.values(headers).flat());
}
