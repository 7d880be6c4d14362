import { createPasswordHash } from './session/password.ts';

const LEAST_CHARACTERS = 12;

/** Reads one line with a password, unseen on a terminal, and makes a hash of it. Throws Error for one that is too short. */
export async function loadPasswordHash(
  input: NodeJS.ReadStream,
  prompt: NodeJS.WritableStream,
  randomBytes: (size: number) => Buffer,
): Promise<string> {
  const password = await loadLine(input, prompt);
  if (password.length < LEAST_CHARACTERS) {
    throw new Error(`the password must have at least ${LEAST_CHARACTERS} characters`);
  }
  return createPasswordHash(password, randomBytes);
}

async function loadLine(input: NodeJS.ReadStream, prompt: NodeJS.WritableStream): Promise<string> {
  if (input.isTTY) {
    prompt.write('Password: ');
    input.setRawMode(true);
  }
  let text = '';
  try {
    input.setEncoding('utf8');
    for await (const chunk of input) {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n') return text;
        if (character === '\u0003') throw new Error('interrupted');
        if (input.isTTY && (character === '\u007f' || character === '\b')) text = text.slice(0, -1);
        else text += character;
      }
    }
    return text;
  } finally {
    if (input.isTTY) {
      input.setRawMode(false);
      prompt.write('\n');
    }
  }
}
