import { Document, isMap, isScalar, Pair, type Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Found } from './layers.ts';
import type { ProviderProfile } from './schema.ts';
import { settings } from './schema.ts';
import type { Setting } from './setting.ts';

/** What was found for the settings, by the setting; `profiles` holds those that are found once for each provider. */
export interface FoundSettings {
  readonly site: ReadonlyMap<Setting<unknown>, Found>;
  readonly profiles: readonly {
    readonly profile: ProviderProfile;
    readonly found: ReadonlyMap<Setting<unknown>, Found>;
  }[];
}

/** The effective configuration as YAML; each value says where it comes from, and a secret only that it is set. */
export function buildPrinted({ site, profiles }: FoundSettings): string {
  const root = new YAMLMap();
  for (const [setting, found] of site) {
    if (setting !== settings.providers.entries) put(root, setting.yaml, setting, found);
  }
  if (profiles[0]?.profile.isListed === true) {
    const list = new YAMLSeq();
    for (const { profile, found } of profiles) list.add(buildEntry(profile, found));
    root.add(new Pair('providers', list));
  } else {
    for (const { profile, found } of profiles) putProfile(root, profile, found, (key) => key);
  }
  const document = new Document(root);
  document.commentBefore = ' The configuration as it holds. Secrets are left out; this is no file to start from.';
  return document.toString({ lineWidth: 0 });
}

function buildEntry(profile: ProviderProfile, found: ReadonlyMap<Setting<unknown>, Found>): YAMLMap {
  const map = new YAMLMap();
  const { id, name, icon, remarks } = profile;
  for (const [key, value] of Object.entries({ id, name, icon, remarks })) {
    if (value !== undefined) map.add(new Pair(key, value));
  }
  const presetKey = settings.provider.preset.yaml;
  putProfile(map, profile, found, (key) => (key === presetKey ? 'preset' : key.replace(/^oidc\./, '')));
  return map;
}

function putProfile(
  map: YAMLMap,
  { provider, access }: ProviderProfile,
  found: ReadonlyMap<Setting<unknown>, Found>,
  buildKey: (key: string) => string,
): void {
  const { issuer } = settings.provider;
  const driver: Setting<unknown> = settings.access.roleDriver;
  for (const [setting, one] of found) {
    // The path of the product may have been added.
    put(map, buildKey(setting.yaml), setting, setting === issuer ? { ...one, value: provider.issuer } : one);
  }
  if (!found.has(driver)) {
    put(map, buildKey(driver.yaml), driver, { origin: 'default', name: '', value: access.roleDriver });
  }
}

function put(root: YAMLMap, key: string, setting: Setting<unknown>, { origin, name, value }: Found): void {
  const path = key.split('.');
  const last = path.pop() ?? '';
  let map = root;
  for (const step of path) {
    const next = map.get(step);
    if (isMap(next)) map = next;
    else {
      const made = new YAMLMap();
      map.add(new Pair(step, made));
      map = made;
    }
  }
  const node = new Document(setting.secret ? '(set)' : value).contents;
  const keyNode = new Document(last).contents as Scalar;
  const comment = ` ${origin === 'environment' ? `environment: ${name}` : origin === 'preset' ? name : origin}`;
  // A comment behind a list or mapping would stand after its last line.
  if (isScalar(node)) node.comment = comment;
  else keyNode.commentBefore = comment;
  map.add(new Pair(keyNode, node));
}
