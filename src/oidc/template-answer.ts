import type { Claims } from '../access/claims.ts';
import { type ErrorCode, Refusal } from '../errors.ts';
import type { ProviderAnswer } from './fetch.ts';
import type { AnswerFormat, TemplateCall } from './template.ts';

// The wrapper is cut off and never run: `callback( {…} );`.
const JSONP = /^[\w$.]{1,64}\s*\(\s*([[{][^]*[\]}])\s*\)\s*;?$/;

/** The answer as JSON would give it, or undefined when it has none of the forms allowed. */
export function findAnswer(
  { mediaType, body }: Pick<ProviderAnswer, 'mediaType' | 'body'>,
  format: AnswerFormat,
): unknown {
  const text = body.trim();
  const readers = { json: findJson, jsonp: findJsonp, form: findForm };
  if (format !== 'auto') return readers[format](text);
  if (mediaType === 'application/x-www-form-urlencoded') return findForm(text);
  return findJson(text) ?? findJsonp(text) ?? findForm(text);
}

function findJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function findJsonp(text: string): unknown {
  const wrapped = JSONP.exec(text)?.[1];
  return wrapped === undefined ? undefined : findJson(wrapped);
}

/** A query string; a name that is repeated makes it none (RFC 6749, section 5.1). */
function findForm(text: string): Claims | undefined {
  if (!/^[\w.~%+-]+=[^\s<>"{}]*$/.test(text)) return undefined;
  const fields = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(text)) {
    if (Object.hasOwn(fields, name)) return undefined;
    fields[name] = value;
  }
  return fields;
}

/** The failure that an answer names, also one with status 200: letters, digits and underscores only. */
export function findFailure(answer: Claims, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const value = Object.hasOwn(answer, field) ? answer[field] : undefined;
    if (value === undefined || value === null || value === '' || value === 0 || value === '0' || value === false)
      continue;
    const name = typeof value === 'string' || typeof value === 'number' ? String(value) : 'unnamed';
    return name.replaceAll(/\W/g, '').slice(0, 64) || 'unnamed';
  }
  return undefined;
}

interface Expected {
  readonly what: string;
  /** Code of the refusal, by the failure that the answer names. */
  readonly findCode: (failure: string | undefined) => ErrorCode;
}

/** The members of an answer that must be an object and must name no failure. */
export function checkAnswer(
  answer: ProviderAnswer,
  { format, errorFields }: Pick<TemplateCall, 'format' | 'errorFields'>,
  { what, findCode }: Expected,
): Claims {
  const value = findAnswer(answer, format);
  const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  const failure = members === undefined ? undefined : findFailure(members, errorFields);
  if (members !== undefined && failure === undefined && answer.status === 200) return members;
  const fault =
    failure === undefined
      ? `answered with status ${answer.status}${members === undefined ? ' and nothing that can be read' : ''}`
      : `reported ${failure}`;
  throw new Refusal(findCode(failure), `${what} ${fault}`);
}
