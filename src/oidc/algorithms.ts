/** Signatures with the provider's keys. With `none` anyone signs; HS* has a key of its own, never a public one. */
export const SIGNING_ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** HMAC with the client secret (OpenID Connect Core 1.0, section 10.1); for providers that have no signing key. */
export const HMAC_ALGORITHMS: readonly string[] = ['HS256', 'HS384', 'HS512'];

/** How a JWE carries its key. RSA1_5 is not among them: it tells whoever may ask often enough what is inside (RFC 8725, section 3.2). */
export const DECRYPTION_ALGORITHMS: readonly string[] = [
  'RSA-OAEP',
  'RSA-OAEP-256',
  'ECDH-ES',
  'ECDH-ES+A128KW',
  'ECDH-ES+A256KW',
];
