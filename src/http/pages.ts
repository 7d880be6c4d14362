import { createHash } from 'node:crypto';

/** Something to fill in, or carried along unseen. */
export interface PageField {
  readonly kind: 'text' | 'password' | 'hidden';
  readonly name: string;
  readonly label?: string;
  readonly value?: string;
  /** What browsers may fill in. */
  readonly autocomplete?: string;
}

/** Something a person can do on a page. */
export interface PageAction {
  readonly kind: 'link' | 'post';
  readonly href: string;
  readonly label: string;
  /** Of a `post`. */
  readonly fields?: readonly PageField[];
}

/** A way to go on, among others of its kind. */
export interface PageChoice {
  readonly href: string;
  readonly label: string;
  readonly note?: string;
  /** An https URL or a data URI. */
  readonly icon?: string;
}

/** What a page says. All texts are plain; the page escapes them. */
export interface PageContent {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** Name and value pairs, such as the claim that was looked for. */
  readonly facts?: readonly (readonly [string, string])[];
  readonly choices?: readonly PageChoice[];
  readonly actions?: readonly PageAction[];
  /** A constant of ours, never built from a request; the policy of the page admits its hash alone. */
  readonly script?: string;
  /** The page speaks to the one that opened its window. */
  readonly keepsOpener?: boolean;
  /** Attributes `data-…` of the body, for the script. */
  readonly data?: Readonly<Record<string, string>>;
}

const style = `
:root{color-scheme:light dark;--ink:#1b2330;--soft:#5a6577;--line:#dfe4ec;--paper:#fff;--ground:#f3f5f9;--accent:#2457c5;--on-accent:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e9edf4;--soft:#a3aec0;--line:#333c4b;--paper:#1c2330;--ground:#12161e;--accent:#7aa2f7;--on-accent:#0d1420}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{width:100%;max-width:34rem;background:var(--paper);border:1px solid var(--line);border-radius:14px;padding:2.25rem 2.25rem 1.75rem}
h1{font-size:1.45rem;line-height:1.25;margin:0 0 .75rem}
p{margin:0 0 .9rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.1rem;margin:1.25rem 0;padding:1rem 1.1rem;background:var(--ground);border-radius:10px;font-size:.92rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,"SF Mono","Liberation Mono",monospace}
.actions{display:flex;flex-wrap:wrap;gap:.65rem;margin-top:1.5rem}
.actions form{margin:0}
.action{display:inline-block;font:inherit;font-weight:600;text-decoration:none;cursor:pointer;padding:.6rem 1.1rem;border-radius:9px;border:1px solid var(--line);background:transparent;color:var(--ink)}
.action.first{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.field{display:block;margin:0 0 .9rem}
.field input{display:block;width:100%;font:inherit;margin-top:.25rem;padding:.55rem .7rem;border:1px solid var(--line);border-radius:9px;background:var(--paper);color:var(--ink)}
.choices{list-style:none;margin:1.25rem 0 0;padding:0;display:grid;gap:.65rem}
.choice{display:flex;align-items:center;gap:.9rem;padding:.8rem 1rem;border:1px solid var(--line);border-radius:10px;color:var(--ink);text-decoration:none;font-weight:600}
.choice:hover{border-color:var(--accent)}
.choice img{width:1.75rem;height:1.75rem;object-fit:contain;flex:none}
.choice small{display:block;color:var(--soft);font-weight:400}
.action:focus-visible,.choice:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
`;

const styleHash = createHash('sha256').update(style).digest('base64');

/**
 * Sent with every page of ours: nothing is loaded, nobody frames it (threats 93, 95). `form-action` is left out because
 * browsers apply it to the redirect that follows a form, and sign-out leads to the provider.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': buildPolicy(),
  'X-Frame-Options': 'DENY',
  // A page that opened this one in a window of its own gets no hold on it.
  'Cross-Origin-Opener-Policy': 'same-origin',
  // Search engines keep no refusals and no sign-in.
  'X-Robots-Tag': 'noindex',
  // With no-referrer the browser would send `Origin: null` with the sign-out form; more than the origin could give a code away.
  'Referrer-Policy': 'strict-origin',
};

function buildPolicy(more = ''): string {
  return `default-src 'none'; ${more}style-src 'sha256-${styleHash}'; frame-ancestors 'none'; base-uri 'none'`;
}

/** The headers of one page: those of every page, and leave to load exactly its icons and to run exactly its script. */
export function buildPageHeaders({ choices = [], script, keepsOpener }: PageContent): Readonly<Record<string, string>> {
  const sources = new Set(choices.flatMap(({ icon }) => (icon === undefined ? [] : [buildImageSource(icon)])));
  const images = sources.size === 0 ? '' : `img-src ${[...sources].join(' ')}; `;
  const scripts =
    script === undefined ? '' : `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; `;
  return {
    ...pageHeaders,
    'Content-Security-Policy': buildPolicy(images + scripts),
    ...(keepsOpener === true && { 'Cross-Origin-Opener-Policy': 'unsafe-none' }),
  };
}

/** CSP3, section 6.7.2.9: a source is matched without query; comma and semicolon end it. */
function buildImageSource(icon: string): string {
  if (icon.startsWith('data:')) return 'data:';
  const { origin, pathname } = new URL(icon);
  return `${origin}${pathname.replaceAll(',', '%2C').replaceAll(';', '%3B')}`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is safe as HTML text and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

function buildField({ kind, name, label = '', value = '', autocomplete }: PageField): string {
  const filled = autocomplete === undefined ? '' : ` autocomplete="${escapeHtml(autocomplete)}"`;
  const input = `<input type="${kind}" name="${escapeHtml(name)}" value="${escapeHtml(value)}"${filled}>`;
  return kind === 'hidden' ? input : `<label class="field">${escapeHtml(label)}${input}</label>`;
}

/** A whole page as HTML. */
export function buildPage(content: PageContent): string {
  const title = escapeHtml(content.title);
  const paragraphs = content.paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n');
  const facts = (content.facts ?? []).map(
    ([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`,
  );
  const choices = (content.choices ?? []).map(({ href, label, note, icon }) => {
    // The name beside it says the same, so the picture has no text of its own.
    const picture = icon === undefined ? '' : `<img src="${escapeHtml(icon)}" alt="" referrerpolicy="no-referrer">`;
    const small = note === undefined ? '' : `<small>${escapeHtml(note)}</small>`;
    return `<li><a class="choice" href="${escapeHtml(href)}">${picture}<span>${escapeHtml(label)}${small}</span></a></li>`;
  });
  const actions = (content.actions ?? []).map((action, index) => {
    const label = escapeHtml(action.label);
    const href = escapeHtml(action.href);
    const look = index === 0 ? 'action first' : 'action';
    return action.kind === 'link'
      ? `<a class="${look}" href="${href}">${label}</a>`
      : `<form method="post" action="${href}">${(action.fields ?? []).map(buildField).join('')}<button class="${look}" type="submit">${label}</button></form>`;
  });
  const data = Object.entries(content.data ?? {}).map(([name, value]) => ` data-${name}="${escapeHtml(value)}"`);
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><style>${style}</style></head>`,
    `<body${data.join('')}><main><h1>${title}</h1>`,
    paragraphs,
    facts.length === 0 ? '' : `<dl>${facts.join('')}</dl>`,
    // `list-style: none` takes the list from some screen readers; the role gives it back.
    choices.length === 0 ? '' : `<ul class="choices" role="list">${choices.join('')}</ul>`,
    actions.length === 0 ? '' : `<div class="actions">${actions.join('')}</div>`,
    `</main>${content.script === undefined ? '' : `<script>${content.script}</script>`}</body></html>\n`,
  ].join('\n');
}
