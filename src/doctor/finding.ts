/** `not_tested`: nothing can be said, which is no good sign either. */
export type Level = 'ok' | 'warning' | 'failed' | 'not_tested';

/** What one probe found: one sentence for the operator, and the settings to look at. Holds no secret. */
export interface Finding {
  readonly level: Level;
  /** What was tried, in a word or two. */
  readonly probe: string;
  readonly sentence: string;
  readonly settings: readonly string[];
  /** Id of the provider it is about, where there are several. */
  readonly provider?: string;
}

/** Makes findings of one probe. */
export interface Voice {
  ok(sentence: string): Finding;
  warning(sentence: string, ...settings: readonly string[]): Finding;
  failed(sentence: string, ...settings: readonly string[]): Finding;
  notTested(sentence: string, ...settings: readonly string[]): Finding;
}

export function createVoice(probe: string): Voice {
  const say =
    (level: Level) =>
    (sentence: string, ...settings: readonly string[]): Finding => ({ level, probe, sentence, settings });
  return { ok: say('ok'), warning: say('warning'), failed: say('failed'), notTested: say('not_tested') };
}

/** Words of a peer, for a sentence: short, and without anything a terminal would obey. */
export function quote(text: string): string {
  const short = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return `"${short.replaceAll(/[^\x20-\x7e…]/g, '?')}"`;
}

/** The first few of a list of a peer. */
export function quoteList(values: readonly string[]): string {
  const shown = values.slice(0, 12).map((value) => value.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '?'));
  return shown.length === 0 ? 'none' : `${shown.join(', ')}${values.length > shown.length ? ', …' : ''}`;
}
