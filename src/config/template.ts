import { z } from 'zod';
import type { ClaimCall, OAuth2Template, SubjectCall, TemplateCall } from '../oidc/template.ts';
import { templateSchema, type WrittenTemplate } from './template-form.ts';
import { builtInTemplates } from './templates.ts';
import type { ValueType } from './types.ts';
import { parseYaml } from './yaml.ts';

/** A template, and what else its file says of the client. */
export interface LoadedTemplate {
  readonly template: OAuth2Template;
  readonly discoveryUrl?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly scopes?: readonly string[];
}

/** A template by its name, or as the JSON or YAML that a file holds. */
export const template = (): ValueType<LoadedTemplate> => ({
  label: 'template',
  schema: z.unknown().transform((value, context): LoadedTemplate => {
    const written = typeof value === 'string' ? builtInTemplates[value] : value;
    if (written === undefined) {
      const names = Object.keys(builtInTemplates).join(', ');
      context.addIssue({ code: 'custom', message: `must be ${names}, or a template in JSON or YAML` });
      return z.NEVER;
    }
    const result = templateSchema.safeParse(written);
    if (result.success) return buildLoaded(result.data);
    for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  }),
  read: readText,
});

/** A name stays a name; anything else is parsed. What cannot be parsed stays a text, too, which the schema refuses. */
function readText(source: string): unknown {
  const document = parseYaml(source);
  return document.errors.length > 0 ? source : document.toJS({ maxAliasCount: 0 });
}

function buildLoaded(written: WrittenTemplate): LoadedTemplate {
  const { wellKnowURL, clientId, clientSecret, scope } = written;
  return {
    template: buildTemplate(written),
    ...(wellKnowURL === undefined ? {} : { discoveryUrl: wellKnowURL }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(scope === undefined ? {} : { scopes: scope }),
  };
}

function buildTemplate(written: WrittenTemplate): OAuth2Template {
  const { issuer, authSet, getTokenSet, verifyTokenSet, getUserInfoSet, claimMapping } = written;
  const isInsecure = (verify: boolean | undefined): boolean => (verify ?? written.sslVerify) === false;
  const buildCall = (call: WrittenCall): TemplateCall => ({
    ...withUrl(call.url),
    method: call.method === 'get' ? 'GET' : 'POST',
    auth: profileAuth[call.authMethod],
    ...(call.paramMapping === undefined ? {} : { parameters: call.paramMapping }),
    format: call.response_format,
    errorFields: call.error_field,
    insecure: isInsecure(call.verify),
  });
  const { keys } = verifyTokenSet;
  const { subject_request: asked } = written;
  const isProfile = getUserInfoSet.source === 'origin';
  return {
    ...(issuer === undefined ? {} : { issuer }),
    authorization: {
      ...withUrl(authSet.url),
      ...(authSet.paramMapping === undefined ? {} : { parameters: authSet.paramMapping }),
    },
    token: {
      ...withUrl(getTokenSet.url),
      method: getTokenSet.method === 'get' ? 'GET' : 'POST',
      auth: tokenAuth[getTokenSet.authMethod],
      ...(getTokenSet.paramMapping === undefined ? {} : { parameters: getTokenSet.paramMapping }),
      format: getTokenSet.response_format,
      errorFields: getTokenSet.error_field,
      insecure: isInsecure(getTokenSet.verify),
    },
    keys: {
      ...withUrl(verifyTokenSet.url),
      ...(keys === undefined ? {} : { inline: keys }),
    },
    source: isProfile ? 'profile' : 'id_token',
    ...(isProfile ? { profile: buildCall(getUserInfoSet) } : {}),
    ...(asked === undefined
      ? {}
      : { subjectCall: { ...buildCall(asked), subject: asked.subject, expect: asked.expect } satisfies SubjectCall }),
    claimCalls: written.claim_requests.map(
      ({ where, claims, into, each, optional, ...call }): ClaimCall => ({
        ...buildCall(call),
        where,
        ...(claims === undefined ? {} : { claims }),
        ...(into === undefined || each === undefined ? {} : { into, each }),
        optional,
      }),
    ),
    subject: written.subject ?? claimMapping.exterId ?? asked?.subject ?? 'sub',
    claimMapping: Object.fromEntries(
      Object.entries(claimMapping).flatMap(([field, claim]) => {
        const standard = standardClaims[field];
        return standard === undefined || claim === undefined ? [] : [[standard, claim]];
      }),
    ),
  };
}

interface WrittenCall {
  readonly url?: string | undefined;
  readonly method: 'get' | 'post';
  readonly verify?: boolean | undefined;
  readonly authMethod: keyof typeof profileAuth;
  readonly paramMapping?: Readonly<Record<string, string>> | undefined;
  readonly response_format: TemplateCall['format'];
  readonly error_field: readonly string[];
}

// In these files `none` at the token endpoint means id and secret in the query string; a public client is `public`.
const tokenAuth = {
  basic: 'basic',
  client_secret_basic: 'basic',
  client_secret_post: 'post',
  none: 'query',
  public: 'none',
} as const;
const profileAuth = { bearer: 'bearer', basic: 'basic', client_secret_post: 'post', none: 'none' } as const;

const standardClaims: Readonly<Record<string, string>> = {
  email: 'email',
  username: 'preferred_username',
  mobile: 'phone_number',
  name: 'name',
  picture: 'picture',
  groups: 'groups',
};

const withUrl = (url: string | undefined): { readonly url?: string } => (url === undefined ? {} : { url });
