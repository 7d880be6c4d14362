import { createVoice, type Finding } from './finding.ts';
import { findNetworkFault } from './judge-network.ts';
import { isOwnAnswer, type PlainAnswer } from './plain-answer.ts';

const voice = createVoice('way around');

const cure =
  'Let the application listen on 127.0.0.1 or a unix socket, or close its port with a firewall or a network policy';

/** What met the one who came to the application directly, from where nobody should reach it. */
export type OutsideMeeting =
  /** No connection. */
  | { readonly kind: 'no_connection'; readonly error: unknown }
  /** A connection, and no answer that could be read. */
  | { readonly kind: 'no_answer'; readonly error: unknown }
  | { readonly kind: 'answer'; readonly answer: PlainAnswer };

/**
 * A proof that was asked for and cannot be had is a failed one (threats 129 and 131). `hasWay`: something else could be reached from the
 * same place, without which silence says nothing about the application.
 */
export function judgeOutside(address: string, met: OutsideMeeting, hasWay: boolean): Finding {
  if (met.kind === 'answer') return judgeAnswer(address, met.answer);
  const fault = findNetworkFault(met.error);
  if (met.kind === 'no_answer') {
    // Whoever takes a connection is there, whatever it says and however long it takes.
    const what = fault === undefined || fault.kind === 'silent' ? 'and no HTTP came back' : fault.cause;
    return voice.failed(
      `${address} takes connections (${what}), so that whoever reaches it may get around Claimgate. ${cure}`,
    );
  }
  switch (fault?.kind) {
    case 'refused':
      return voice.ok(`${address}: ${fault.cause}`);
    case 'no_way':
    case 'silent':
      return hasWay ? voice.ok(`${address}: no connection from here`) : voice.failed(`${address}: ${silence}`);
    default:
      return voice.failed(
        `${address}: ${fault?.cause ?? 'the attempt failed'}, which proves nothing. Name another address`,
      );
  }
}

const silence =
  'no connection from here, which proves nothing while nothing else can be reached from here either. Name something that can with --reachable, best Claimgate beside the application';

function judgeAnswer(address: string, answer: PlainAnswer): Finding {
  if (isOwnAnswer(answer)) return voice.ok(`${address}: Claimgate answers, and asks for a sign-in`);
  return voice.failed(
    `${address} answers (status ${answer.status}) without a sign-in, so that whoever reaches it gets around Claimgate. ${cure}. If that is Claimgate, name a path that is protected`,
  );
}
