import type { ClaimValue } from '../session/session.ts';

/** One condition on a claim, as configured: the claim's path and one operator. */
export type ConditionSpec = Readonly<Record<string, unknown>>;

/** One condition, compiled. */
export interface Condition {
  /** The claim's path, as configured. */
  readonly claim: string;
  /** For pages and logs, such as `level at_least 3`. */
  readonly text: string;
  /** False for a claim that is missing, empty or of another type, except with `present: false`. */
  readonly test: (value: ClaimValue | undefined) => boolean;
}

type Test = Condition['test'];

interface Operator {
  readonly isOperand: (operand: unknown) => boolean;
  readonly example: string;
  readonly build: (operand: never) => Test;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText);
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isFlag = (value: unknown): boolean => typeof value === 'boolean';

/** What is missing or empty satisfies nothing; a single text counts as a list of one, as with roles. */
const onTexts =
  (one: (text: string) => boolean, many: (texts: readonly string[]) => boolean): Test =>
  (value) => {
    if (typeof value === 'string') return value !== '' && one(value);
    return typeof value === 'object' && value.length > 0 && many(value);
  };

const onText =
  (test: (text: string) => boolean): Test =>
  (value) =>
    typeof value === 'string' && value !== '' && test(value);

const onNumber =
  (test: (number: number) => boolean): Test =>
  (value) =>
    typeof value === 'number' && test(value);

const list = { isOperand: isTexts, example: '[finance, sales]' };
const text = { isOperand: isText, example: "'@example.com'" };
const number = { isOperand: isNumber, example: '3' };
const flag = { isOperand: isFlag, example: 'true' };

const operators: Readonly<Record<string, Operator>> = {
  equals: {
    isOperand: (operand) => isText(operand) || isNumber(operand),
    example: 'finance',
    build: (operand: string | number) => (value) => value === operand,
  },
  any_of: {
    ...list,
    build(operand: readonly string[]) {
      const wanted = new Set(operand);
      return onTexts(
        (one) => wanted.has(one),
        (texts) => texts.some((one) => wanted.has(one)),
      );
    },
  },
  all_of: {
    ...list,
    build: (operand: readonly string[]) =>
      onTexts(
        (one) => operand.every((wanted) => wanted === one),
        (texts) => operand.every((wanted) => texts.includes(wanted)),
      ),
  },
  none_of: {
    ...list,
    build(operand: readonly string[]) {
      const unwanted = new Set(operand);
      return onTexts(
        (one) => !unwanted.has(one),
        (texts) => !texts.some((one) => unwanted.has(one)),
      );
    },
  },
  starts_with: { ...text, build: (operand: string) => onText((value) => value.startsWith(operand)) },
  ends_with: { ...text, build: (operand: string) => onText((value) => value.endsWith(operand)) },
  at_least: { ...number, build: (operand: number) => onNumber((value) => value >= operand) },
  at_most: { ...number, build: (operand: number) => onNumber((value) => value <= operand) },
  is: { ...flag, build: (operand: boolean) => (value) => value === operand },
  present: {
    ...flag,
    build: (operand: boolean) =>
      operand
        ? (value) => value !== undefined && value !== '' && (typeof value !== 'object' || value.length > 0)
        : (value) => value === undefined,
  },
};

const names = Object.keys(operators);

/** Throws Error naming the field and the fix; `place` is where the condition stands, such as `rules[2].claims[0]`. */
export function compileCondition(spec: ConditionSpec, place: string): Condition {
  const { claim, ...given } = spec;
  if (!isText(claim)) throw new Error(`${place}.claim: must be the path of a claim; write for example 'department'`);
  const [name = '', another] = Object.keys(given);
  const known = `write one of ${names.join(', ')}`;
  if (name === '') throw new Error(`${place}: has no operator; ${known}`);
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(operators, key));
  if (unknown !== undefined) throw new Error(`${place}.${unknown}: is not an operator; ${known}`);
  if (another !== undefined) throw new Error(`${place}.${another}: is a second operator; write a condition for each`);
  const operator = operators[name] as Operator;
  const operand = given[name];
  if (!operator.isOperand(operand)) {
    throw new Error(`${place}.${name}: has a value that does not fit; write for example ${name}: ${operator.example}`);
  }
  const shown = Array.isArray(operand) ? operand.join(', ') : String(operand);
  return { claim, text: `${claim} ${name} ${shown}`, test: operator.build(structuredClone(operand) as never) };
}

/** The value of a claim of this session; only what was kept at sign-in, never anything inherited. */
export function findValue(
  claims: Readonly<Record<string, ClaimValue>> | undefined,
  claim: string,
): ClaimValue | undefined {
  return claims !== undefined && Object.hasOwn(claims, claim) ? claims[claim] : undefined;
}
