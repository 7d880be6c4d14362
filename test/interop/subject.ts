import type { Browser, Page } from '../support/browser.ts';
import { findForm, type Form, listForms } from './form.ts';

export interface Person {
  readonly name: string;
  readonly password: string;
}

/** A provider as the tests that all of them share see it. */
export interface Subject {
  readonly name: string;
  /** What every Claimgate in front of it has set: issuer, claims, roles, but no client. */
  readonly env: Readonly<Record<string, string>>;
  /** Settings of a client each. */
  readonly clients: {
    readonly confidential: Readonly<Record<string, string>>;
    readonly public: Readonly<Record<string, string>>;
  };
  readonly people: {
    /** Roles admin, user, and none. */
    readonly anna: Person;
    readonly cara: Person;
    readonly nils: Person;
  };
  /** What the application gets of anna. */
  readonly identity: Readonly<Record<string, string>>;
  /** Whether this page, to which the browser was led, asks for a password. */
  asksForPassword(browser: Browser, page: Page): Promise<boolean>;
  /** What a person who need not enter a password does on this page to come back. */
  goOn(browser: Browser, page: Page): Promise<Page>;
  /** From the page that asks to what comes of it. */
  enterPassword(browser: Browser, page: Page, person: Person): Promise<Page>;
  /** From the page the end session endpoint answered with to the end of the provider's session. */
  confirmSignOut(browser: Browser, page: Page): Promise<Page>;
  /** From now on tokens are signed with a key that was not published before. */
  rotateKeys(): Promise<void>;
  /** Until the answer is called, access tokens live for so many seconds, and refresh tokens are good once where the provider can do that. */
  shortenTokens(seconds: number): Promise<() => Promise<void>>;
  /** This role and no other from now on, as the provider calls it. */
  giveRole(person: Person, role: 'app-admin' | 'app-user'): Promise<void>;
  /** Ends at the provider what lets the session of this person be refreshed. */
  endRefresh(browser: Browser, person: Person): Promise<void>;
  /** Within so many milliseconds the session is over here. */
  readonly endPatienceMs: number;
  /** Until the answer is called, the provider posts logout tokens of the confidential client there. Absent where it sends none. */
  readonly sendLogoutTokens?: (url: string) => Promise<() => Promise<void>>;
  /** What Claimgate must know to take access tokens of its own client as bearer tokens. */
  readonly bearer: Readonly<Record<string, string>>;
}

/** Sends a form the way a browser does, and follows where it leads. */
export async function sendForm(
  browser: Browser,
  page: Page,
  form: Form,
  typed: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const target = new URL(form.action === '' ? page.url : form.action, page.url);
  const body = new URLSearchParams({ ...form.fields, ...typed }).toString();
  if (form.method === 'GET') {
    target.search = body;
    return browser.follow(target);
  }
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    origin: page.url.origin,
    referer: page.url.href,
    'sec-fetch-site': 'same-origin',
  };
  return browser.follow(target, { method: 'POST', headers, body });
}

/** The form of a page that has this field; fails with the page when there is none. */
export function checkForm(page: Page, field?: string): Form {
  const form = field === undefined ? listForms(page.text)[0] : findForm(page.text, field);
  if (form === undefined)
    throw new Error(`${page.status} ${page.url.href} has no such form: ${page.text.slice(0, 3000)}`);
  return form;
}
