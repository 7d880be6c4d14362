/** A form of a page, ready to be sent. */
export interface Form {
  readonly action: string;
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
}

function decode(text: string): string {
  return text
    .replaceAll(/&#x([\da-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function findAttribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag);
  return found === null ? undefined : decode(found[1] ?? found[2] ?? found[3] ?? '');
}

/** The forms of a page with what a browser would send: inputs that have a name, submit buttons left out. */
export function listForms(html: string): Form[] {
  return [...html.replaceAll(/<!--.*?-->/gs, '').matchAll(/(<form\b[^>]*>)(.*?)<\/form>/gis)].map(
    ([, tag = '', inside = '']) => {
      const fields: Record<string, string> = {};
      for (const [input] of inside.matchAll(/<input\b[^>]*>/gi)) {
        const name = findAttribute(input, 'name');
        const type = findAttribute(input, 'type')?.toLowerCase() ?? 'text';
        if (name === undefined || ['submit', 'button', 'image', 'reset'].includes(type)) continue;
        if (['checkbox', 'radio'].includes(type) && !/\schecked\b/i.test(input)) continue;
        fields[name] = findAttribute(input, 'value') ?? '';
      }
      return {
        action: findAttribute(tag, 'action') ?? '',
        method: (findAttribute(tag, 'method') ?? 'get').toUpperCase(),
        fields,
      };
    },
  );
}

/** The form that asks for this field. */
export function findForm(html: string, field: string): Form | undefined {
  return listForms(html).find(({ fields }) => field in fields);
}
