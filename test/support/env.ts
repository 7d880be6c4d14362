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

/** For `serve`: free ports, an end without waiting, and a provider that nobody reaches. */
export const servingEnv: Readonly<Record<string, string>> = {
  ...minimalEnv,
  PROXY_OIDC_ISSUER: 'http://127.0.0.1:1',
  PROXY_HTTP_ADDR: '127.0.0.1:0',
  PROXY_DEBUG_ADDR: '127.0.0.1:0',
  PROXY_SHUTDOWN_WAIT: '0',
};
