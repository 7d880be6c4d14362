import type { Mutant } from './mutant.ts';

const several = { tests: ['test/flow/several-providers.test.ts'] };

/** Several providers beside each other. */
export const providersMutants: readonly Mutant[] = [
  {
    ...several,
    name: 'providers: an answer comes on the path of its provider',
    file: 'src/routes/sign-in.ts',
    find: 'if (attempt.provider !== mark) {',
    replace: 'if (false) {',
  },
  {
    ...several,
    name: 'providers: each has a redirect URI of its own',
    file: 'src/config/check-profiles.ts',
    find: 'if (earlier !== undefined) {',
    replace: 'if (false) {',
  },
  {
    ...several,
    name: 'providers: no id twice',
    file: 'src/config/check-profiles.ts',
    find: 'if (ids.has(id)) problems.push',
    replace: 'if (false) problems.push',
  },
  {
    ...several,
    name: 'providers: an unknown id is refused',
    file: 'src/routes/login.ts',
    find: "if (entry === undefined) throw new Refusal('provider_unknown', 'provider is",
    replace: "if (false) throw new Refusal('provider_unknown', 'provider is",
  },
  {
    ...several,
    name: 'providers: a session is sealed for its provider',
    file: 'src/session/cookie-store.ts',
    find: 'encodeSession(session), session.provider)',
    replace: 'encodeSession(session))',
  },
  {
    ...several,
    name: 'providers: a session of a provider that is gone is none',
    file: 'src/session/cookie-store.ts',
    find: 'if (options.isKnown?.(session) === false) return undefined;',
    replace: '',
  },
  {
    ...several,
    name: 'providers: sign-out leads to the provider of the session',
    file: 'src/routes/logout.ts',
    find: 'options.providers.findOf(session);',
    replace: 'options.providers.main;',
  },
  {
    ...several,
    name: 'providers: an icon is a picture by https or in the page itself',
    file: 'src/config/types.ts',
    find: 'refine(isIcon, {',
    replace: 'refine(() => true, {',
  },
  {
    ...several,
    name: 'providers: every entry is checked',
    file: 'src/config/check.ts',
    find: 'const views = profiles.map(',
    replace: 'const views = profiles.slice(0, 1).map(',
  },
  {
    ...several,
    name: 'chooser: names are text',
    file: 'src/http/pages.ts',
    find: '<span>${escapeHtml(label)}',
    replace: '<span>${label}',
  },
];
