/**
 * Variables of OpenCloud set-ups that a pasted block may hold although they have nothing to do here.
 * They are accepted, and the start log says that they have no effect.
 */
export const withoutEffect: Readonly<Record<string, string>> = {
  PROXY_AUTOPROVISION_ACCOUNTS: 'Claimgate forwards headers and creates no accounts',
  PROXY_USER_CS3_CLAIM: 'there is no user store to compare with',
  PROXY_ACCOUNT_BACKEND_TYPE: 'there is no user store',
  PROXY_MACHINE_AUTH_API_KEY: 'the application is reached without it',
  PROXY_SERVICE_ACCOUNT_ID: 'the application is reached without it',
  PROXY_SERVICE_ACCOUNT_SECRET: 'the application is reached without it',
  PROXY_OIDC_USERINFO_CACHE_STORE_NODES: 'verified tokens are remembered in memory',
  PROXY_OIDC_USERINFO_CACHE_TABLE: 'verified tokens are remembered in memory',
  PROXY_OIDC_USERINFO_CACHE_DISABLE_PERSISTENCE: 'verified tokens are remembered in memory',
  PROXY_ENABLE_APP_AUTH: 'app passwords belong to the application',
  PROXY_ENABLE_PRESIGNEDURLS: 'signed links belong to the application; open their paths with a public rule',
};

/** Variables whose meaning would weaken or change the protection: the start stops and says what to do instead. */
export const refused: Readonly<Record<string, string>> = {
  PROXY_OIDC_SKIP_VERIFICATION:
    'tokens are always verified; remove it, and use PROXY_OIDC_CA_FILE for a private certificate authority',
  PROXY_ENABLE_BASIC_AUTH: 'passwords are the business of the provider; remove it',
  PROXY_POLICIES_QUERY: 'policy queries are not evaluated; write `rules` in the file of PROXY_CONFIG_FILE instead',
};

/**
 * Kubernetes gives every container such variables for a Service called "proxy" in its namespace; they are no settings.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
export function isServiceVariable(name: string): boolean {
  return /^PROXY_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/.test(name);
}
