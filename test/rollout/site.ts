import { after } from 'node:test';
import { users } from '../support/app.ts';
import { createBrowser } from '../support/browser.ts';
import { goodSecret } from '../support/env.ts';
import { startProvider } from '../support/provider.ts';
import { startBalancer } from './balancer.ts';
import { startLoad } from './load.ts';

const host = 'app.example.com';

/** A balancer without endpoints, and what all instances have in common. */
export async function startSite() {
  const provider = await startProvider({
    clientId: 'claimgate',
    clientSecret: 'the-client-secret-of-the-tests',
    users,
    redirectUris: [`https://${host}/oauth2/callback`],
  });
  const balancer = await startBalancer();
  after(async () => {
    balancer.close();
    await provider.close();
  });
  return {
    balancer,
    env: {
      PROXY_PUBLIC_URL: `https://${host}`,
      PROXY_OIDC_ISSUER: provider.issuer,
      PROXY_OIDC_CLIENT_ID: provider.clientId,
      PROXY_OIDC_CLIENT_SECRET: provider.clientSecret ?? '',
      PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'opencloud_role',
      PROXY_SESSION_SECRET: goodSecret,
    },
    /** Somebody signs in through the balancer, and works. */
    startLoad: async () => {
      const browser = createBrowser(`https://${host}`, balancer.port);
      await browser.follow('/page');
      const name = '__Host-claimgate';
      return startLoad(balancer.port, host, `${name}=${browser.findCookie(name) ?? ''}`);
    },
  };
}
