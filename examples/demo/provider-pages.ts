import { buildPage, escapeHtml } from './page.ts';
import type { DemoUser } from './users.ts';

const brand = '<p class="soft">Demo Identity</p>';

/** The sign-in page: a form, and a button for each known person. */
export function buildLoginPage(options: {
  readonly action: string;
  readonly users: readonly DemoUser[];
  readonly login?: string;
  readonly failed?: boolean;
}): string {
  const { action, users, login = '', failed = false } = options;
  const people = users.map(
    (user) =>
      `<button class="person" name="pick" value="${escapeHtml(user.login)}" formnovalidate><span>${escapeHtml(user.name)}</span>${
        user.role === undefined
          ? '<span class="tag none">no role</span>'
          : `<span class="tag">${escapeHtml(user.role)}</span>`
      }</button>`,
  );
  return buildPage(
    'Sign in - Demo Identity',
    `<form class="card" method="post" action="${escapeHtml(action)}">
${brand}
<h1>Sign in</h1>
<p class="soft">to the legacy application</p>
${failed ? '<p class="warn" role="alert">That name and password do not belong together.</p>' : ''}
<label>Name<input name="login" value="${escapeHtml(login)}" autocomplete="username" autocapitalize="none" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<div class="row"><button name="act" value="sign-in">Sign in</button><button class="quiet" name="act" value="cancel" formnovalidate>Cancel</button></div>
</form>
<form class="card" method="post" action="${escapeHtml(action)}">
<h2>Or sign in with one click as</h2>
${people.join('\n')}
</form>`,
  );
}

/** `form` is the provider's own hidden form with the id op.logoutForm. */
export function buildLogoutPage(form: string): string {
  return buildPage(
    'Sign out - Demo Identity',
    `<div class="card">
${brand}
<h1>Sign out here as well?</h1>
<p class="soft">You have left the application. Your session at Demo Identity is still open for other applications.</p>
${form}
<div class="row"><button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out here</button><button class="quiet" form="op.logoutForm">Stay signed in</button></div>
</div>`,
  );
}

export function buildLoggedOutPage(): string {
  return buildPage('Signed out - Demo Identity', `<div class="card">${brand}<h1>You are signed out</h1></div>`);
}

export function buildErrorPage(code: string, description: string): string {
  return buildPage(
    'Error - Demo Identity',
    `<div class="card">${brand}<h1>This did not work</h1><p>${escapeHtml(description)}</p><p class="soft"><code>${escapeHtml(code)}</code></p></div>`,
  );
}
