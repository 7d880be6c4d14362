import type { Config } from './schema.ts';

/** Native clients that the variables of OpenCloud's webfinger service name. They belong to the only provider of a site. */
export function listNativeClients({ bearer, profiles }: Pick<Config, 'bearer' | 'profiles'>): string[] {
  if (profiles.length > 1) return [];
  const { androidClientId, iosClientId, desktopClientId } = bearer;
  return [androidClientId, iosClientId, desktopClientId].filter((id) => id !== undefined);
}

/** Whether nobody signs in here: only written down in so many words, never because something else is missing. */
export const isBearerOnly = ({ backup }: Pick<Config, 'backup'>): boolean => backup.mode === 'bearer-only';

/**
 * Whether bearer tokens of this provider are taken: `auto` waits until someone has said whose, or leads native clients to the provider. The
 * tokens of a client that nobody named are then refused with the line that would admit it. Outside the standard nobody can say.
 */
export function isBearerOn(config: Pick<Config, 'provider' | 'bearer' | 'profiles'>): boolean {
  const { auth } = config.bearer;
  if (config.provider.template !== undefined) return false;
  if (auth !== 'auto') return auth === 'on';
  const { audiences, rewriteWellKnown } = config.provider;
  const isLedThere = rewriteWellKnown && config.profiles.length === 1;
  return audiences.length > 0 || isLedThere || listNativeClients(config).length > 0;
}
