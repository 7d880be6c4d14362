/** What one finished request says about itself; every field is safe to keep. */
export interface AccessLine {
  readonly request_id: string;
  readonly client: string;
  readonly method: string;
  /** Without the query, which may hold codes and tokens. */
  readonly path: string;
  readonly status: number;
  readonly duration_ms: number;
  /** `forwarded`, `tunnelled`, `sign_in`, `own`, or the code of the refusal. */
  readonly outcome: string;
  readonly rule: string | undefined;
  readonly user: string | undefined;
  readonly aborted: boolean;
}

/**
 * The line in JSON, with the members that the logger would write. Only what comes from outside is escaped; `request_id`,
 * `method` and `outcome` are our own words. `quote` writes what many lines have in common.
 */
export function buildAccessLine(line: AccessLine, time: string, quote: (text: string) => string): string {
  let text = `{"level":"info","time":"${time}","request_id":"${line.request_id}","client":${quote(line.client)},"method":"${line.method}","path":${JSON.stringify(line.path)},"status":${line.status},"duration_ms":${line.duration_ms},"outcome":"${line.outcome}"`;
  if (line.rule !== undefined) text += `,"rule":${quote(line.rule)}`;
  if (line.user !== undefined) text += `,"user":${quote(line.user)}`;
  return line.aborted ? `${text},"aborted":true,"msg":"request"}\n` : `${text},"msg":"request"}\n`;
}

/** Times in milliseconds as ISO 8601; many lines are of the same millisecond. */
export function createTimeText(): (now: number) => string {
  let last = Number.NaN;
  let text = '';
  return (now) => {
    if (now !== last) {
      last = now;
      text = new Date(now).toISOString();
    }
    return text;
  };
}

const memoSize = 1024;
const longestText = 256;

/** Texts as JSON has them, remembered; bounded in entries and in length of text. */
export function createQuote(): (text: string) => string {
  const quoted = new Map<string, string>();
  return (text) => {
    const known = quoted.get(text);
    if (known !== undefined) return known;
    const made = JSON.stringify(text);
    if (text.length <= longestText) {
      if (quoted.size >= memoSize) quoted.clear();
      quoted.set(text, made);
    }
    return made;
  };
}
