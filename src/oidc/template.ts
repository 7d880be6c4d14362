import type { JSONWebKeySet } from 'jose';

/** How an answer is read; `auto` looks at it. */
export type AnswerFormat = 'auto' | 'json' | 'form' | 'jsonp';

/** Names that may stand behind `$` in a parameter mapping. */
export const templateVariables = [
  'client_id',
  'client_secret',
  'scope',
  'code',
  'state',
  'redirect_uri',
  'response_type',
  'grant_type',
  'nonce',
  'code_challenge',
  'code_verifier',
  'access_token',
  'subject',
] as const;

export type TemplateVariables = Readonly<Partial<Record<(typeof templateVariables)[number], string>>>;

/** Name at the provider to a literal, or to `$variable`. */
export type ParameterMapping = Readonly<Record<string, string>>;

/** One call to a provider that speaks OAuth 2.0 in its own way. */
export interface TemplateCall {
  /** Absent: from the discovery document. */
  readonly url?: string;
  readonly method: 'GET' | 'POST';
  /** `query`: id and secret in the query string. */
  readonly auth: 'basic' | 'post' | 'query' | 'bearer' | 'none';
  /** Takes the place of all standard parameters. */
  readonly parameters?: ParameterMapping;
  readonly format: AnswerFormat;
  /** Members that mean failure when they hold anything but nothing, 0 or an empty text. */
  readonly errorFields: readonly string[];
  /** Accept any certificate. */
  readonly insecure: boolean;
}

/** Asks who the token stands for, before the profile can be asked for. */
export interface SubjectCall extends TemplateCall {
  /** Member with the subject. */
  readonly subject: string;
  /** Members that must equal a literal or a `$variable`. */
  readonly expect: ParameterMapping;
}

/** Fetches a list and makes claims of it. */
export interface ClaimCall extends TemplateCall {
  /** Members that an entry must have with these values. */
  readonly where: Readonly<Record<string, string | number | boolean>>;
  /** Claims from the first entry that fits: claim to member. */
  readonly claims?: Readonly<Record<string, string>>;
  /** A claim that lists all entries that fit, each written as `each` says: text with `{member}` in it. */
  readonly into?: string;
  readonly each?: string;
  /** Without the answer the sign-in goes on. */
  readonly optional: boolean;
}

/** A provider described by data: what it calls things, where it wants them, and how it answers. */
export interface OAuth2Template {
  readonly issuer?: string;
  readonly authorization: { readonly url?: string; readonly parameters?: ParameterMapping };
  readonly token: TemplateCall;
  /** Where the keys of ID tokens are; absent: from the discovery document. */
  readonly keys: { readonly url?: string; readonly inline?: JSONWebKeySet };
  /** Who says who it is: a verified ID token, or the profile alone. */
  readonly source: 'id_token' | 'profile';
  readonly profile?: TemplateCall;
  readonly subjectCall?: SubjectCall;
  readonly claimCalls: readonly ClaimCall[];
  /** Member of the profile with the stable subject. */
  readonly subject: string;
  /** Standard claim to the name it has here. */
  readonly claimMapping: Readonly<Record<string, string>>;
}

/** Parameters with their variables filled in; those without a value are left out. */
export function buildParameters(mapping: ParameterMapping, variables: TemplateVariables): [string, string][] {
  const list: [string, string][] = [];
  for (const [name, value] of Object.entries(mapping)) {
    const filled = fillVariable(value, variables);
    if (filled !== undefined) list.push([name, filled]);
  }
  return list;
}

/** A literal as it is, or the value of a `$variable`. */
export function fillVariable(value: string, variables: TemplateVariables): string | undefined {
  if (!value.startsWith('$')) return value;
  return variables[value.slice(1) as keyof TemplateVariables];
}

/** Whether a step sends this variable: with no mapping it sends all that are standard there. */
export function isSent(mapping: ParameterMapping | undefined, variable: keyof TemplateVariables): boolean {
  return mapping === undefined || Object.values(mapping).includes(`$${variable}`);
}
