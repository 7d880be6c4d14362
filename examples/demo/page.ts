/** Text that is safe between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const style = `
:root { color-scheme: light dark; --ink: #16211f; --soft: #5b6b67; --line: #dde5e2; --card: #fff; --ground: #f2f6f4; --accent: #0b6b57; --accent-ink: #fff; --tint: #e3f3ee; --warn: #9a3412; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6efec; --soft: #9db0aa; --line: #2b3a36; --card: #17211f; --ground: #0e1514; --accent: #4cc9a8; --accent-ink: #06231c; --tint: #17342c; --warn: #fdba74; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--ink); background: var(--ground); }
main { max-width: 27rem; margin: 0 auto; padding: 8vh 1rem 3rem; }
main.wide { max-width: 60rem; padding-top: 2.5rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.75rem; box-shadow: 0 1px 2px rgb(0 0 0 / 5%), 0 12px 32px rgb(0 0 0 / 6%); margin-bottom: 1.25rem; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .35rem; }
h2 { font-size: 1rem; margin: 0 0 .75rem; }
p { margin: 0 0 1rem; } .soft { color: var(--soft); } .warn { color: var(--warn); }
label { display: block; font-weight: 600; font-size: .9rem; margin-bottom: .9rem; }
input { display: block; width: 100%; margin-top: .3rem; padding: .6rem .75rem; font: inherit; font-weight: 400; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 8px; }
button, .button { display: inline-block; padding: .6rem 1rem; font: inherit; font-weight: 600; color: var(--accent-ink); background: var(--accent); border: 1px solid var(--accent); border-radius: 8px; cursor: pointer; text-decoration: none; text-align: center; }
button.quiet, .button.quiet { color: inherit; background: none; border-color: var(--line); }
button:focus-visible, input:focus-visible, a:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 45%, transparent); outline-offset: 1px; }
.row { display: flex; gap: .6rem; flex-wrap: wrap; align-items: center; }
.person { display: flex; justify-content: space-between; align-items: center; gap: .5rem; width: 100%; text-align: left; margin-bottom: .5rem; color: inherit; background: none; border-color: var(--line); font-weight: 500; }
.person:hover, .button.quiet:hover, button.quiet:hover { background: var(--tint); }
.tag { display: inline-block; padding: .05rem .55rem; font-size: .8rem; border-radius: 99px; background: var(--tint); color: var(--accent); font-weight: 600; white-space: nowrap; }
.tag.none { background: none; border: 1px dashed var(--line); color: var(--soft); }
.split { display: grid; grid-template-columns: 1fr 1fr; gap: 1.25rem; margin-bottom: 1.25rem; } .split > .card { margin: 0; }
@media (max-width: 46rem) { .split { grid-template-columns: 1fr; } }
table { width: 100%; border-collapse: collapse; font-size: .9rem; } td, th { text-align: left; vertical-align: top; padding: .35rem .5rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
th { width: 15rem; font-weight: 600; } tr.own { background: var(--tint); } code, pre, td { font-family: ui-monospace, "DejaVu Sans Mono", monospace; } th { font-family: inherit; }
nav a { color: inherit; } pre { margin: .75rem 0 0; padding: .75rem; min-height: 6.5rem; background: var(--ground); border-radius: 8px; font-size: .85rem; white-space: pre-wrap; }
`;

/** A whole page without anything loaded from elsewhere. `body` is markup. */
export function buildPage(title: string, body: string, layout: 'narrow' | 'wide' = 'narrow'): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main class="${layout}">
${body}
</main>
</body>
</html>
`;
}
