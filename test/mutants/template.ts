import type { Mutant } from './mutant.ts';

const unit = { tests: ['test/unit/template.test.ts'] };
const github = { tests: ['test/flow/template-github.test.ts'] };
const qq = { tests: ['test/flow/template-qq.test.ts'] };
const guance = { tests: ['test/flow/template-guance.test.ts'] };

/** Providers that speak OAuth 2.0 in their own way. */
export const templateMutants: readonly Mutant[] = [
  {
    ...unit,
    name: 'template: the state is sent',
    file: 'src/config/template-form.ts',
    find: "mapping['state'] === '$state'",
    replace: 'true',
  },
  {
    ...unit,
    name: 'template: the secret stays out of the address of the browser',
    file: 'src/config/template-form.ts',
    find: "!value.startsWith('$') || allowed.includes(value.slice(1))",
    replace: 'true',
  },
  {
    ...unit,
    name: 'template: who somebody is, is no matter of names',
    file: 'src/oidc/template-provider.ts',
    find: "if (standard !== 'sub' && standard !== 'iss' && Object.hasOwn(claims, own))",
    replace: 'if (Object.hasOwn(claims, own))',
  },
  {
    ...unit,
    name: 'template: the next page is on one origin',
    file: 'src/oidc/template-claims.ts',
    find: 'if (next?.origin !== new URL(first).origin) {',
    replace: 'if (next === undefined) {',
  },
  {
    ...unit,
    name: 'template: a parameter that is repeated is no answer',
    file: 'src/oidc/template-answer.ts',
    find: 'if (Object.hasOwn(fields, name)) return undefined;',
    replace: '',
  },
  {
    ...github,
    name: 'template: lists end',
    file: 'src/oidc/template-claims.ts',
    find: 'if (page === MOST_PAGES) throw',
    replace: 'if (page === MOST_PAGES) break; if (page > MOST_PAGES) throw',
  },
  {
    ...github,
    name: 'template: a list that cannot be had is not an empty one',
    file: 'src/oidc/template-claims.ts',
    find: 'if (!call.optional || !(error instanceof Refusal)) throw error;',
    replace: '',
  },
  {
    ...github,
    name: 'template: a failure may come with status 200',
    file: 'src/oidc/template-answer.ts',
    find: 'if (members !== undefined && failure === undefined && answer.status === 200) return members;',
    replace: 'if (members !== undefined && answer.status === 200) return members;',
  },
  {
    ...github,
    name: 'template: nobody without a subject',
    file: 'src/oidc/template-profile.ts',
    find: "return typeof value === 'string' && value !== '' ? value : undefined;",
    replace: 'return String(value);',
  },
  {
    ...github,
    name: 'template: the callback is judged',
    file: 'src/oidc/template-provider.ts',
    find: 'checkCallback(parameters, state, metadata);',
    replace: 'void checkCallback;',
  },
  {
    ...qq,
    name: 'template: the token is one of ours',
    file: 'src/oidc/template-profile.ts',
    find: 'if (wanted === undefined || findText(found, member) !== wanted) {',
    replace: 'if (wanted === undefined) {',
  },
  {
    ...qq,
    name: 'template: the subject that was asked for counts',
    file: 'src/oidc/template-profile.ts',
    find: '{ ...shown, ...known,',
    replace: '{ ...known, ...shown,',
  },
  {
    ...guance,
    name: 'template: the ID token is judged by its nonce',
    file: 'src/oidc/template-provider.ts',
    find: '...(sendsNonce ? { nonce } : {})',
    replace: '',
  },
];
