import { z } from 'zod';

/** Fields of a template as they are written; the names in camel case are those of Guance's file. */
const parameterMapping = (...allowed: readonly string[]) =>
  z
    .record(z.string().min(1), z.coerce.string())
    .refine(
      (mapping) => Object.values(mapping).every((value) => !value.startsWith('$') || allowed.includes(value.slice(1))),
      {
        error: `may use only the variables ${allowed.map((name) => `$${name}`).join(', ')}`,
      },
    );

const address = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const method = z.preprocess(
  (value) => (typeof value === 'string' ? value.toLowerCase() : value),
  z.enum(['get', 'post']),
);
const format = z.enum(['auto', 'json', 'form', 'jsonp']).default('auto');
const fields = z.union([
  z
    .string()
    .min(1)
    .transform((name) => [name]),
  z.array(z.string().min(1)).min(1),
]);

const jwks = z.array(z.looseObject({ kty: z.string() }));

const authorizationVariables = [
  'client_id',
  'scope',
  'state',
  'redirect_uri',
  'response_type',
  'nonce',
  'code_challenge',
];
const tokenVariables = ['client_id', 'client_secret', 'scope', 'code', 'redirect_uri', 'grant_type', 'code_verifier'];
const profileVariables = ['client_id', 'client_secret', 'access_token', 'subject'];

const authSet = z.strictObject({
  url: address.optional(),
  verify: z.boolean().optional(),
  // Without state anybody could finish a sign-in in somebody else's browser (RFC 6749, section 10.12).
  paramMapping: parameterMapping(...authorizationVariables)
    .refine((mapping) => mapping['state'] === '$state', {
      error: 'must send the parameter state with the value $state',
    })
    .optional(),
});

const getTokenSet = z.strictObject({
  url: address.optional(),
  method: method.default('post'),
  verify: z.boolean().optional(),
  authMethod: z.enum(['basic', 'client_secret_basic', 'client_secret_post', 'none', 'public']).default('basic'),
  paramMapping: parameterMapping(...tokenVariables).optional(),
  response_format: format,
  error_field: fields.default(['error']),
});

const profileCall = {
  url: address.optional(),
  verify: z.boolean().optional(),
  authMethod: z.enum(['bearer', 'basic', 'client_secret_post', 'none']).default('bearer'),
  paramMapping: parameterMapping(...profileVariables).optional(),
  response_format: format,
  error_field: fields.default(['error']),
};

const subjectRequest = z.strictObject({
  ...profileCall,
  url: address,
  method: method.default('get'),
  subject: z.string().min(1),
  expect: parameterMapping('client_id').default({}),
});

const claimRequest = z
  .strictObject({
    ...profileCall,
    url: address,
    method: method.default('get'),
    where: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    claims: z.record(z.string().min(1), z.string().min(1)).optional(),
    into: z.string().min(1).optional(),
    each: z.string().includes('{').optional(),
    optional: z.boolean().default(false),
  })
  .refine((call) => (call.into === undefined) === (call.each === undefined), {
    error: 'needs both into and each, or neither',
  })
  .refine((call) => call.into !== undefined || call.claims !== undefined, {
    error: 'must name claims, or into and each',
  });

/** A template as written; unknown fields are refused, so that a mistyped one is not taken for its default. */
export const templateSchema = z
  .strictObject({
    modeType: z.enum(['easy', 'complexity']).optional(),
    wellKnowURL: address.optional(),
    issuer: address.optional(),
    clientId: z.string().min(1).optional(),
    clientSecret: z.string().min(1).optional(),
    sslVerify: z.boolean().optional(),
    grantType: z.literal('authorization_code').default('authorization_code'),
    scope: z
      .union([
        z.array(z.string().min(1)).min(1),
        z
          .string()
          .min(1)
          .transform((text) => text.split(/[\s,]+/)),
      ])
      .optional(),
    authSet: authSet.default({}),
    getTokenSet: getTokenSet.prefault({}),
    verifyTokenSet: z
      .strictObject({
        url: address.optional(),
        verify: z.boolean().optional(),
        keys: z
          .union([z.strictObject({ keys: jwks }), jwks])
          .transform((keys) => (Array.isArray(keys) ? { keys } : keys))
          // The form writes an empty list where there are none.
          .transform((set) => (set.keys.length === 0 ? undefined : set))
          .optional(),
      })
      .default({}),
    getUserInfoSet: z
      .strictObject({
        ...profileCall,
        method: method.default('post'),
        source: z.enum(['id_token', 'origin']).default('id_token'),
      })
      .prefault({}),
    claimMapping: z
      .strictObject({
        email: z.string().min(1).optional(),
        username: z.string().min(1).optional(),
        mobile: z.string().min(1).optional(),
        name: z.string().min(1).optional(),
        picture: z.string().min(1).optional(),
        groups: z.string().min(1).optional(),
        exterId: z.string().min(1).optional(),
      })
      .default({}),
    subject: z.string().min(1).optional(),
    subject_request: subjectRequest.optional(),
    claim_requests: z.array(claimRequest).max(10).default([]),
  })
  .refine(
    (template) =>
      template.wellKnowURL !== undefined ||
      (template.authSet.url !== undefined && template.getTokenSet.url !== undefined),
    {
      error: 'needs wellKnowURL, or the url of authSet and of getTokenSet',
    },
  )
  .refine(
    (template) =>
      template.getUserInfoSet.source !== 'origin' ||
      template.wellKnowURL !== undefined ||
      template.getUserInfoSet.url !== undefined,
    {
      error: 'needs the url of getUserInfoSet, since its source is origin',
      path: ['getUserInfoSet'],
    },
  )
  .refine(
    (template) =>
      template.getUserInfoSet.source !== 'id_token' ||
      template.wellKnowURL !== undefined ||
      (template.issuer !== undefined &&
        (template.verifyTokenSet.url !== undefined || template.verifyTokenSet.keys !== undefined)),
    {
      error:
        'takes the person from the ID token, so it needs wellKnowURL, or issuer and verifyTokenSet to judge that token by',
    },
  );

/** A checked template, still in the form in which it is written. */
export type WrittenTemplate = z.output<typeof templateSchema>;
