import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { Refusal } from '../errors.ts';
import { dropNames, lengthOnly } from './connection.ts';
import { closeAfterAnswer } from './early-answer.ts';
import type { HeaderFilter } from './headers.ts';
import { sendInformational } from './informational.ts';
import { kept } from './kept.ts';
import type { Audience } from './response-headers.ts';
import type { Place, Waiter } from './slots.ts';
import { buildReason } from './status-line.ts';
import type { Target } from './target.ts';
import type { UploadLimits } from './upload.ts';
import type { Upstream } from './upstream.ts';
import { buildUpstreamRefusal, isConnectionLoss } from './upstream-error.ts';
import { writeHead } from './write-head.ts';

/** One request on its way to the upstream. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly target: Target;
  /** Headers to add for the upstream: identity and forwarded ones; flat. */
  readonly headers: readonly string[];
  /** The client's Authorization header ends here. */
  readonly dropAuthorization?: boolean;
  /** Values of the Set-Cookie lines to add for the client. */
  readonly setCookies: readonly string[];
  /** Whom the answer is for; anyone when absent. */
  readonly audience?: Audience;
  /** Answers the client when there is no answer to pass on. Called at most once, and only before any byte of an answer was written. */
  readonly refuse: (refusal: Refusal) => void;
}

export interface RelayOptions {
  readonly upstream: Upstream;
  readonly filter: HeaderFilter;
  /** While true, every answer closes its connection. */
  readonly isDraining?: () => boolean;
  /** Bounds on request bodies; none when absent. */
  readonly limits?: UploadLimits;
  /** Told of every piece of a body that passes. */
  readonly countBytes?: (bytes: number) => void;
}

/** undici takes `servername` per dispatch, which its types leave out. */
export type DispatchOptions = Dispatcher.DispatchOptions & { servername?: string };

const relaying = Symbol('relaying');
type Answer = ServerResponse & { [relaying]?: Relay };

const clientLeft = new Error('the client left');

const waiting = 0;
const answering = 1;
const ended = 2;

/** Passes one answer from the upstream to the client: the handler of one dispatch. Nothing in here throws at its caller. */
export class Relay implements Dispatcher.DispatchHandler, Waiter {
  place: Place | undefined = undefined;
  protected readonly options: RelayOptions;
  protected readonly exchange: Exchange;
  private controller: Dispatcher.DispatchController | undefined;
  private readonly request: DispatchOptions;
  private readonly upload: Readable | undefined;
  private phase = waiting;
  private started = false;
  private gone = false;
  private again: boolean;
  private listening = false;
  private silent = true;

  /** `repeatable`: the request may be sent a second time when nothing of an answer was received. */
  constructor(
    options: RelayOptions,
    exchange: Exchange,
    request: DispatchOptions,
    repeatable: boolean,
    upload?: Readable,
  ) {
    this.options = options;
    this.exchange = exchange;
    this.request = request;
    this.again = repeatable;
    this.upload = upload;
  }

  /** Sends the request as soon as there is a connection for it. */
  begin(): void {
    const res: Answer = this.exchange.res;
    res[relaying] = this;
    res.on('close', onClose);
    this.options.upstream.slots.take(this);
  }

  start(): void {
    this.started = true;
    if (this.gone) {
      this.release();
      return;
    }
    this.options.upstream.dispatcher.dispatch(this.request, this);
  }

  giveUp(refusal: Refusal): void {
    this.upload?.destroy();
    this.refuse(refusal);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.gone) controller.abort(clientLeft);
  }

  /** The first byte of an answer is here. */
  onResponseStarted(): void {
    this.again = false;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    parsed: IncomingHttpHeaders,
    phrase?: string,
  ): void {
    if (this.gone) return;
    const { req, res, setCookies } = this.exchange;
    const raw = controller.rawHeaders as readonly Buffer[];
    if (status < 200) {
      sendInformational(req, res, status, raw);
      return;
    }
    let headers = this.options.filter.buildResponseHeaders(raw, setCookies, this.exchange.audience, parsed);
    // These are views of a whole chunk that was read: 64 KiB that would stay as long as the exchange.
    controller.rawHeaders = null;
    // RFC 9110, section 8.6: 204 has no Content-Length.
    if (status === 204) headers = dropNames(headers, lengthOnly);
    if (this.upload !== undefined && !req.complete) closeAfterAnswer(req, res);
    else if (this.isDraining()) res.shouldKeepAlive = false;
    writeHead(res, status, buildReason(status, phrase), headers);
    if (status === 204 || status === 304) {
      // RFC 9112, section 6.3: these have no content whatever their Content-Length says.
      this.finish();
    } else {
      this.phase = answering;
      process.nextTick(flush, this);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.phase !== answering) return;
    const { res } = this.exchange;
    this.silent = false;
    this.options.countBytes?.(chunk.length);
    if (res.write(chunk)) return;
    controller.pause();
    if (!this.listening) {
      this.listening = true;
      res.on('drain', onDrain);
    }
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.release();
    if (this.phase !== answering) return;
    const trailers = controller.rawTrailers as readonly Buffer[] | null | undefined;
    if (trailers != null && trailers.length > 0) this.addTrailers(trailers);
    this.finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    if (this.again && !this.gone && isConnectionLoss(error) && this.options.upstream.isReused(error)) {
      this.again = false;
      this.controller = undefined;
      process.nextTick(start, this);
      return;
    }
    this.release();
    this.upload?.destroy();
    if (this.gone) return;
    if (this.phase === answering) this.cut();
    else if (this.phase === waiting) {
      this.refuse(buildUpstreamRefusal(error, this.controller !== undefined, this.isDraining()));
    }
  }

  /** The client has closed its connection, or the answer is complete. */
  leave(): void {
    if (this.phase === ended) return;
    this.phase = ended;
    this.gone = true;
    this.upload?.destroy();
    if (!this.started) this.options.upstream.slots.leave(this);
    else this.controller?.abort(clientLeft);
  }

  resume(): void {
    this.controller?.resume();
  }

  /** A head without content yet must not wait for the content: event streams. */
  flush(): void {
    if (this.silent && this.phase === answering) this.exchange.res.flushHeaders();
  }

  private isDraining(): boolean {
    return this.options.isDraining?.() === true;
  }

  private release(): void {
    this.options.upstream.slots.release();
  }

  /** The exchange is over without an answer of ours; its connection is free or has been taken over. */
  protected handOver(): void {
    this.phase = ended;
    this.release();
  }

  /** Answers in our own name; the exchange is over. */
  refuse(refusal: Refusal): void {
    const { req, res, refuse } = this.exchange;
    this.phase = ended;
    if (this.upload !== undefined && !req.complete) closeAfterAnswer(req, res);
    else if (this.isDraining()) res.shouldKeepAlive = false;
    try {
      refuse(refusal);
    } catch {
      res.destroy();
    }
  }

  /** Gives up on the upstream and answers in our own name, unless an answer is on its way already. */
  protected abandon(refusal: Refusal): void {
    if (this.phase !== waiting) return;
    this.leave();
    this.refuse(refusal);
  }

  /** Ends the exchange in the middle of whatever it does. */
  end(refusal: Refusal): void {
    this.abandon(refusal);
    if (this.phase !== answering) return;
    this.leave();
    const { req } = this.exchange;
    if (req.httpVersionMinor === 0) req.socket.resetAndDestroy();
    else req.socket.destroy();
  }

  private finish(): void {
    this.phase = ended;
    this.exchange.res.end();
  }

  private addTrailers(raw: readonly Buffer[]): void {
    try {
      this.exchange.res.addTrailers(this.options.filter.buildTrailers(raw));
    } catch {
      // A trailer Node will not write is left out; the content is complete without it.
    }
  }

  /** The answer broke off: the client must be able to tell (RFC 9112, section 8). */
  private cut(): void {
    const { req } = this.exchange;
    this.phase = ended;
    // Without chunks or length an orderly end would look like the end of the answer.
    if (req.httpVersionMinor === 0) req.socket.resetAndDestroy();
    else req.socket.destroySoon();
  }
}

/** Refuses the request behind this answer, or cuts an answer that has begun. */
export function endExchange(res: ServerResponse, refusal: Refusal): void {
  (res as Answer)[relaying]?.end(refusal);
}

function onClose(this: Answer): void {
  this[relaying]?.leave();
  kept.answer = this;
}

function onDrain(this: Answer): void {
  this[relaying]?.resume();
}

function start(relay: Relay): void {
  relay.start();
}

function flush(relay: Relay): void {
  relay.flush();
}
