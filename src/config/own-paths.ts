/** Paths that Claimgate answers itself, beside the callback; only their exact spelling counts. */
export const ownPaths = {
  start: '/oauth2/start',
  signOut: '/oauth2/sign_out',
  signedOut: '/oauth2/signed_out',
  userinfo: '/oauth2/userinfo',
  session: '/oauth2/session',
  popup: '/oauth2/popup',
  fragment: '/oauth2/fragment',
  backup: '/oauth2/backup',
  form: '/oauth2/form',
  backchannelLogout: '/oauth2/backchannel-logout',
  frontchannelLogout: '/oauth2/frontchannel-logout',
  jwks: '/oauth2/jwks.json',
  wellKnown: '/.well-known/openid-configuration',
} as const;
