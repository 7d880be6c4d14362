import { buildPage, escapeHtml } from './page.ts';

const script = `
const log = (id, line) => { const box = document.getElementById(id); box.textContent += line + "\\n"; };
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const socket = new WebSocket(scheme + "//" + location.host + "/socket");
socket.onmessage = (event) => log("socket-log", "< " + event.data);
socket.onclose = () => log("socket-log", "closed");
document.getElementById("socket-form").onsubmit = (event) => {
  event.preventDefault();
  const field = document.getElementById("socket-text");
  socket.send(field.value);
  log("socket-log", "> " + field.value);
  field.value = "";
};
const events = new EventSource("/events");
events.onmessage = (event) => { document.getElementById("events-log").textContent = event.data; };
`;

/** What Claimgate vouches for; the page shows it in colour. */
const identity = /^x-forwarded-(?:user|role|roles|email|name|preferred-username|groups)$/i;

/** Value of a header in a flat [name, value, ...] list; lists are joined. */
function findHeader(rawHeaders: readonly string[], name: string): string | undefined {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
  return values.length === 0 ? undefined : values.join(', ');
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function buildRows(rawHeaders: readonly string[]): string {
  const rows: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const mark = identity.test(name) ? ' class="own"' : '';
    rows.push(`<tr${mark}><th>${escapeHtml(name)}</th><td>${escapeHtml(rawHeaders[i + 1] ?? '')}</td></tr>`);
  }
  return rows.join('\n');
}

/** What the application shows for every path: who it believes you are, and every header it received. */
export function buildLegacyPage(method: string, path: string, rawHeaders: readonly string[]): string {
  const user = findHeader(rawHeaders, 'x-forwarded-user');
  const role = findHeader(rawHeaders, 'x-forwarded-role');
  const name = decode(findHeader(rawHeaders, 'x-forwarded-name') ?? user ?? '');
  const greeting =
    user === undefined
      ? '<h1>Hello, stranger</h1><p class="soft">This page is public: the application received no identity.</p>'
      : `<h1>Hello, ${escapeHtml(name)}</h1>
<p class="row"><span class="soft">The application knows you as</span> <code id="user">${escapeHtml(user)}</code> <span class="tag" id="role">${escapeHtml(role ?? '')}</span></p>`;
  return buildPage(
    `${path} - Legacy application`,
    `<div class="card">
<p class="soft">Legacy application</p>
${greeting}
<nav class="row"><a class="button quiet" href="/">Home</a><a class="button quiet" href="/reports">/reports</a><a class="button quiet" href="/admin">/admin</a><a class="button quiet" href="/public">/public</a><a class="button quiet" href="/headers.json">/headers.json</a>${user === undefined ? '<a class="button" href="/oauth2/start?rd=/">Sign in</a>' : '<a class="button" href="/oauth2/sign_out">Sign out</a>'}</nav>
</div>
<div class="card">
<h2><code>${escapeHtml(method)} ${escapeHtml(path)}</code></h2>
<table>${buildRows(rawHeaders)}</table>
</div>
<div class="split">
<div class="card"><h2>WebSocket</h2>
<form id="socket-form" class="row"><input id="socket-text" aria-label="Message" value="hello" style="width:auto;flex:1;margin:0"><button>Send</button></form>
<pre id="socket-log"></pre></div>
<div class="card"><h2>Server-sent events</h2><p class="soft">The time at the application, once a second:</p><pre id="events-log"></pre></div>
</div>
<script>${script}</script>`,
    'wide',
  );
}
