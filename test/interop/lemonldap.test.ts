import { clientSecret } from './client.ts';
import { testProvider } from './contract.ts';
import { clients, startLemonldap } from './lemonldap.ts';
import { findForm, listForms } from './form.ts';
import { checkForm, sendForm, type Subject } from './subject.ts';

const lemonldap = await startLemonldap();

const subject: Subject = {
  name: `LemonLDAP::NG ${lemonldap.version}`,
  env: {
    PROXY_OIDC_ISSUER: lemonldap.issuer,
    PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'groups',
    PROXY_ROLE_MAPPING: 'app-admin=admin,app-user=user',
  },
  clients: {
    confidential: { PROXY_OIDC_CLIENT_ID: 'claimgate', PROXY_OIDC_CLIENT_SECRET: clientSecret },
    public: { PROXY_OIDC_CLIENT_ID: 'claimgate-public' },
  },
  people: {
    anna: { name: 'dwho', password: 'dwho' },
    cara: { name: 'rtyler', password: 'rtyler' },
    nils: { name: 'msmith', password: 'msmith' },
  },
  identity: {
    'x-forwarded-user': 'dwho',
    'x-forwarded-role': 'admin',
    'x-forwarded-email': 'dwho@badwolf.org',
    'x-forwarded-name': 'Doctor Who',
    'x-forwarded-preferred-username': 'dwho',
  },
  asksForPassword: async (_browser, page) => findForm(page.text, 'password') !== undefined,
  goOn: async (_browser, page) => page,
  enterPassword: (browser, page, { name, password }) =>
    sendForm(browser, page, checkForm(page, 'password'), { user: name, password }),
  async confirmSignOut(browser, page) {
    const form = listForms(page.text).find(({ fields }) => 'confirm' in fields);
    return form === undefined ? page : sendForm(browser, page, form, { confirm: '1' });
  },
  rotateKeys: () => lemonldap.rotateKeys(),
  async shortenTokens(seconds) {
    const brief = { ...clients.claimgate, oidcRPMetaDataOptionsAccessTokenExpiration: seconds };
    await lemonldap.change({ oidcRPMetaDataOptions: { ...clients, claimgate: brief } });
    return () => lemonldap.change({ oidcRPMetaDataOptions: clients });
  },
  async giveRole({ name }, role) {
    const another = role === 'app-admin' ? 'app-user' : 'app-admin';
    const rules = { 'app-admin': "$uid eq 'dwho'", 'app-user': "$uid eq 'rtyler'" };
    await lemonldap.change({
      groups: { [another]: `${rules[another]} and $uid ne '${name}'`, [role]: `${rules[role]} or $uid eq '${name}'` },
    });
    // A session of the portal has the groups of its beginning until somebody asks for this.
    const answer = await fetch(`${lemonldap.issuer}/refreshsessions`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ uid: name }),
    });
    if (!answer.ok) throw new Error(`sessions were not refreshed: ${answer.status} ${await answer.text()}`);
  },
  endRefresh: async (browser) => void (await browser.follow(`${lemonldap.issuer}/?logout=1`)),
  endPatienceMs: 10_000,
  bearer: {},
};

testProvider(subject);
