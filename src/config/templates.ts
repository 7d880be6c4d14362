/** Templates that are known by a name, in the form in which a file would hold them. */
export const builtInTemplates: Readonly<Record<string, unknown>> = {
  // https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
  github: {
    issuer: 'https://github.com',
    scope: ['read:user', 'user:email', 'read:org'],
    authSet: { url: 'https://github.com/login/oauth/authorize' },
    getTokenSet: { url: 'https://github.com/login/oauth/access_token', authMethod: 'client_secret_post' },
    getUserInfoSet: {
      source: 'origin',
      url: 'https://api.github.com/user',
      method: 'get',
      authMethod: 'bearer',
      error_field: 'message',
    },
    // The number stays when a login is renamed and taken by somebody else.
    subject: 'id',
    claimMapping: { username: 'login', name: 'name', picture: 'avatar_url' },
    claim_requests: [
      {
        url: 'https://api.github.com/user/emails?per_page=100',
        where: { primary: true, verified: true },
        claims: { email: 'email', email_verified: 'verified' },
        optional: true,
      },
      { url: 'https://api.github.com/user/teams?per_page=100', into: 'groups', each: '{organization.login}/{slug}' },
      { url: 'https://api.github.com/user/orgs?per_page=100', into: 'organizations', each: '{login}' },
    ],
  },
  // https://wiki.connect.qq.com/
  qq: {
    issuer: 'https://graph.qq.com',
    scope: ['get_user_info'],
    authSet: {
      url: 'https://graph.qq.com/oauth2.0/authorize',
      paramMapping: {
        response_type: '$response_type',
        client_id: '$client_id',
        redirect_uri: '$redirect_uri',
        state: '$state',
        scope: '$scope',
      },
    },
    getTokenSet: {
      url: 'https://graph.qq.com/oauth2.0/token',
      method: 'get',
      authMethod: 'none',
      paramMapping: {
        grant_type: '$grant_type',
        client_id: '$client_id',
        client_secret: '$client_secret',
        code: '$code',
        redirect_uri: '$redirect_uri',
        fmt: 'json',
      },
    },
    subject_request: {
      url: 'https://graph.qq.com/oauth2.0/me',
      authMethod: 'none',
      paramMapping: { access_token: '$access_token', unionid: '1', fmt: 'json' },
      subject: 'openid',
      expect: { client_id: '$client_id' },
    },
    getUserInfoSet: {
      source: 'origin',
      url: 'https://graph.qq.com/user/get_user_info',
      method: 'get',
      authMethod: 'none',
      paramMapping: { access_token: '$access_token', oauth_consumer_key: '$client_id', openid: '$subject' },
      error_field: 'ret',
    },
    // Nicknames are neither unique nor lasting.
    claimMapping: { username: 'openid', name: 'nickname', picture: 'figureurl_qq_2' },
  },
};
