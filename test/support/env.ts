/** Long and random enough for the checks; of no other use. */
export const goodSecret = 'kJ8vQ2mZ5xT9rL3nW7bY1cF6hD4gS0pA';

/** The five settings. */
export const minimalEnv: Readonly<Record<string, string>> = {
  PROXY_UPSTREAM_URL: 'http://127.0.0.1:3000',
  PROXY_PUBLIC_URL: 'https://app.example.com',
  PROXY_OIDC_ISSUER: 'https://id.example.com',
  PROXY_OIDC_CLIENT_ID: 'claimgate',
  PROXY_SESSION_SECRET: goodSecret,
};
