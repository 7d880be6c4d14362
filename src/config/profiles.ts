import { collectKeys } from './file.ts';
import { createFileLayer, type Found, type Layer, loadSetting } from './layers.ts';
import { type ProviderPreset, type ProviderPresetName, providerPresets } from './provider-presets.ts';
import type { Problem } from './problems.ts';
import { findRoleDriver } from './role-driver.ts';
import { type ProviderProfile, settings } from './schema.ts';
import { hasTwin, type Setting } from './setting.ts';
import type { LoadedTemplate } from './template.ts';

/** What every provider is laid over. */
export interface TopLevel {
  readonly entries: readonly Readonly<Record<string, unknown>>[];
  /** The strongest first. */
  readonly layers: readonly Layer[];
  /** YAML keys that somebody wrote down. */
  readonly given: ReadonlySet<string>;
  /** False where nobody signs in, and no client id is needed for it. */
  readonly signsIn: boolean;
  readonly readText: (path: string) => string;
}

/** A provider with what was found for it. */
export interface LoadedProfile {
  readonly profile: ProviderProfile;
  readonly given: ReadonlySet<string>;
  readonly found: ReadonlyMap<Setting<unknown>, Found>;
}

const perProvider = { provider: settings.provider, access: settings.access } as const;
/** Settings of the `oidc:` block that concern the whole site. */
const siteWide = new Set<string>([settings.provider.rewriteWellKnown.yaml]);
const identityKeys = ['id', 'name', 'icon', 'remarks'] as const;

/** The key of a setting as an entry has it. */
function shortKey(key: string): string {
  return key === settings.provider.preset.yaml ? 'preset' : key.replace(/^oidc\./, '');
}

/** Where the provider is: an entry that names one of these names another provider than the settings above. */
const places = new Set<Setting<unknown>>([
  settings.provider.issuer,
  settings.provider.discoveryUrl,
  settings.provider.metadata,
  settings.provider.template,
]);

/** What is worth nothing, or must not be shown, at another provider than the one it was written for. */
const isBoundToPlace = (setting: Setting<unknown>): boolean =>
  places.has(setting) ||
  setting === settings.provider.clientId ||
  setting.yaml.startsWith('oidc.endpoints.') ||
  isBoundToClient(setting);

const isBoundToClient = (setting: Setting<unknown>): boolean =>
  setting.secret && Object.values<Setting<unknown>>(settings.provider).includes(setting);

/** The layers above an entry, less what belongs to another provider or client: a secret is never sent to someone else. */
function limitLayers(layers: readonly Layer[], written: ReadonlyMap<string, unknown>): readonly Layer[] {
  const isElsewhere = [...places].some(({ yaml }) => written.has(yaml));
  const isOtherClient = written.has(settings.provider.clientId.yaml);
  return layers.map(
    (layer): Layer =>
      (setting, problems) => {
        if (isElsewhere && isBoundToPlace(setting)) return undefined;
        if (isOtherClient && isBoundToClient(setting)) return undefined;
        return layer(setting, problems);
      },
  );
}

/** The keys an entry of `providers` may hold, each with the key of the setting it stands for. */
function listEntryKeys(): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const setting of Object.values(perProvider).flatMap((members) => Object.values<Setting<unknown>>(members))) {
    if (siteWide.has(setting.yaml)) continue;
    const key = shortKey(setting.yaml);
    keys.set(key, setting.yaml);
    if (hasTwin(setting)) keys.set(`${key}_file`, `${setting.yaml}_file`);
  }
  return keys;
}

/** The providers: those of the list, or the one of the `oidc:` block. */
export function loadProfiles(top: TopLevel, problems: Problem[]): readonly LoadedProfile[] {
  if (top.entries.length === 0) {
    const { slices, found } = loadSlices(top.layers, { ...top, problems });
    const profile = { id: 'default', name: 'default', isListed: false, ...slices };
    return [{ profile: Object.freeze(profile), given: top.given, found }];
  }
  const keys = listEntryKeys();
  return top.entries.map((entry, index) => loadEntry(entry, `providers[${index}]`, keys, top, problems));
}

function loadEntry(
  entry: Readonly<Record<string, unknown>>,
  where: string,
  keys: ReadonlyMap<string, string>,
  top: TopLevel,
  problems: Problem[],
): LoadedProfile {
  const { id, name, icon, remarks } = entry as Record<(typeof identityKeys)[number], string | undefined>;
  const rest = Object.fromEntries(Object.entries(entry).filter(([key]) => !identityKeys.includes(key as 'id')));
  const written = new Map<string, unknown>();
  collectKeys(rest, `${where}.`, new Set(keys.keys()), written, problems);
  const values = new Map([...written].map(([key, value]) => [keys.get(key) ?? key, value]));
  const layer = createFileLayer(values, top.readText, (key) => `${where}.${shortKey(key)}`);
  // RFC 9700, section 4.4.2: a redirect URI of its own for each provider, so that answers cannot be mixed up.
  const ownPath: Layer = (setting, found) => {
    if (setting !== settings.provider.callbackPath) return undefined;
    const base = loadSetting(setting, top.layers, found).value;
    return { origin: 'default', name: `${where}.callback_path`, value: `${String(base)}/${id ?? ''}` };
  };
  const given = new Set([...top.given, ...values.keys()]);
  const { slices, found } = loadSlices([layer, ownPath, ...limitLayers(top.layers, values)], {
    given,
    problems,
    signsIn: top.signsIn,
    buildLabel: (key) => `${where}.${shortKey(key)}`,
  });
  const profile = {
    id: id ?? '',
    name: name ?? '',
    ...(icon === undefined ? {} : { icon }),
    ...(remarks === undefined ? {} : { remarks }),
    isListed: true,
    ...slices,
  };
  return { profile: Object.freeze(profile), given, found };
}

/** The weakest layer but the defaults: what the preset says that the others name. */
function createPresetLayer(layers: readonly Layer[]): Layer {
  const { value } = loadSetting(settings.provider.preset, layers, []);
  const preset: ProviderPreset = providerPresets[value as ProviderPresetName] ?? {};
  return ({ yaml }) => {
    const entry = preset[yaml];
    return entry === undefined ? undefined : { origin: 'preset', name: `preset ${String(value)}`, value: entry.value };
  };
}

/** What a template says beside the template itself: as strong as a preset, since settings are more specific. */
function createTemplateLayer(layers: readonly Layer[]): Layer {
  const loaded = loadSetting(settings.provider.template, layers, []).value as LoadedTemplate | undefined;
  const said = new Map<Setting<unknown>, unknown>([
    [settings.provider.clientId, loaded?.clientId],
    [settings.provider.clientSecret, loaded?.clientSecret],
    [settings.provider.discoveryUrl, loaded?.discoveryUrl],
    [settings.provider.scopes, loaded?.scopes],
  ]);
  return (setting) => {
    const value = said.get(setting);
    return value === undefined ? undefined : { origin: 'file', name: 'oidc.oauth2_template', value };
  };
}

/** The issuer; where only an origin was written, the path of the product is added. */
function buildIssuer(provider: Readonly<Record<string, unknown>> = {}): unknown {
  const { issuer, issuerPath } = provider;
  if (typeof issuer !== 'string' || typeof issuerPath !== 'string' || !URL.canParse(issuer)) return issuer;
  const { origin, pathname, search } = new URL(issuer);
  return pathname === '/' && search === '' ? `${origin}${issuerPath}` : issuer;
}

function loadSlices(
  written: readonly Layer[],
  {
    given,
    signsIn,
    problems,
    buildLabel,
  }: Pick<TopLevel, 'given' | 'signsIn'> & {
    readonly problems: Problem[];
    readonly buildLabel?: (key: string) => string;
  },
) {
  const named = [...written, createPresetLayer(written)];
  const layers = [...named.slice(0, -1), createTemplateLayer(named), ...named.slice(-1)];
  const slices: Record<string, Record<string, unknown>> = {};
  const found = new Map<Setting<unknown>, Found>();
  for (const [group, members] of Object.entries(perProvider)) {
    const slice: Record<string, unknown> = {};
    for (const [name, setting] of Object.entries<Setting<unknown>>(members)) {
      const one = loadSetting(setting, layers, problems, buildLabel?.(setting.yaml), signsIn);
      slice[name] = one.value;
      if (one.found !== undefined) found.set(setting, one.found);
    }
    slices[group] = slice;
  }
  const { provider, access } = slices;
  const roleDriver = findRoleDriver(access?.['roleDriver'], given);
  return {
    found,
    // Every member was checked against the schema that these types are derived from.
    slices: {
      provider: Object.freeze({ ...provider, issuer: buildIssuer(provider) }) as unknown as ProviderProfile['provider'],
      access: Object.freeze({ ...access, roleDriver }) as unknown as ProviderProfile['access'],
    },
  };
}
