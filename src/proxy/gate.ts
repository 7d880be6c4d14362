import type { IncomingMessage, ServerResponse } from 'node:http';
import httpProxy from '@fastify/http-proxy';
import type { FastifyInstance } from 'fastify';
import { authorize, type Denial } from '../access/authorize.ts';
import { explainDenial, explainStepUp, signedInAs } from '../access/explain.ts';
import type { Rule, RuleBook } from '../access/rules.ts';
import { buildChallenge, type StepUp } from '../access/step-up.ts';
import { Refusal } from '../errors.ts';
import type { Forwarded } from '../http/forwarded.ts';
import { isNavigation } from '../http/navigation.ts';
import type { RefusalContext } from '../http/respond.ts';
import { findUpgrade } from '../http/server.ts';
import { buildOutlet, type Trace, type TracedOutlet } from '../http/trace.ts';
import type { OpenedSession } from '../session/open.ts';
import type { Renewed, Sessions } from '../session/sessions.ts';
import type { AddTimed } from '../session/timed-headers.ts';
import { isAllowedOrigin } from './origin.ts';
import type { Live } from './live.ts';
import { isPreflight } from './preflight.ts';
import type { Exchange, RelayOptions } from './relay.ts';
import { checkTarget, type Target, type TargetPolicy } from './target.ts';
import type { Tunnels } from './tunnel.ts';

/** The way to one application. */
export interface Route {
  readonly forward: (exchange: Exchange) => void;
  readonly carrier: RelayOptions;
}

/** The parts the gate leads a request through, in the order in which it meets them. */
export interface GateParts {
  readonly targetPolicy: TargetPolicy;
  readonly rules: RuleBook;
  readonly sessions: Sessions;
  /** Who is behind a bearer token; absent where none is taken. Undefined without one, a promise where it has to be judged first. */
  readonly bearer?: {
    find(rawHeaders: readonly string[]): OpenedSession | Promise<OpenedSession> | undefined;
  };
  /** The application does not see bearer tokens. */
  readonly stripBearer: boolean;
  readonly forwarded: Forwarded;
  readonly main: Route;
  /** By address, as rules name it. */
  readonly routes: ReadonlyMap<string, Route>;
  readonly tunnels: Tunnels;
  /** Knows what goes on under a session, so that it ends with it. */
  readonly live: Live<OpenedSession>;
  readonly allowedOrigins: ReadonlySet<string>;
  /** Whether CORS preflights pass without sign-in, and without an identity even where there is a session. */
  readonly preflights: boolean;
  /** Absent where nobody signs in: only tokens count then. */
  readonly beginSignIn?: (outlet: TracedOutlet, returnTo: string, stepUp?: StepUp) => void;
  /** Takes over a form that was posted without a session, or calls `giveUp`; false for what is no such form. */
  readonly keepForm?: (outlet: TracedOutlet, target: string, giveUp: () => void) => boolean;
  readonly refuse: (outlet: TracedOutlet, thrown: unknown, context?: RefusalContext) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const none: readonly string[] = [];

/** The whole way of a request for the application. On a cache hit it runs without a promise from here to the upstream. */
export function createGate(
  parts: GateParts,
): (req: IncomingMessage, res: ServerResponse, rawTarget: string, trace: Trace) => void {
  return (req, res, rawTarget, trace) => {
    const outlet = buildOutlet(req, res, trace);
    try {
      const target = checkTarget(rawTarget, parts.targetPolicy);
      checkMethod(req.method);
      const rule = findRule(parts.rules, target, req.method ?? '');
      trace.rule = rule.name;
      if (parts.preflights && rule.kind === 'signed_in' && isPreflight(req.method, req.rawHeaders)) {
        pass({ parts, outlet, target, rule, byBearer: false }, undefined, none);
        return;
      }
      // A token speaks for its request alone: with one, good or bad, no cookie is looked at.
      const bearer = rule.kind === 'public' ? undefined : parts.bearer?.find(req.rawHeaders);
      const found = bearer ?? (rule.kind === 'public' ? undefined : parts.sessions.find(req.rawHeaders));
      const way = { parts, outlet, target, rule, byBearer: bearer !== undefined };
      if (found instanceof Promise) {
        decideLater(way, found).catch((thrown: unknown) => parts.refuse(outlet, thrown));
      } else decide(way, found, none);
    } catch (thrown) {
      parts.refuse(outlet, thrown);
    }
  };
}

/** One request between the rule that covers it and the answer. */
interface Way {
  readonly parts: GateParts;
  readonly outlet: TracedOutlet;
  readonly target: Target;
  readonly rule: Rule;
  /** Signed in by a token of its own, not by a session. */
  readonly byBearer: boolean;
}

function decide(way: Way, opened: OpenedSession | undefined, setCookies: readonly string[]): void {
  const { parts, outlet, rule } = way;
  outlet.trace.user = opened?.session.person.user;
  // The clock matters only where a rule limits the age of a sign-in.
  const decision = authorize(rule, opened?.session, rule.stepUp === undefined ? 0 : parts.now());
  if (decision.allow) pass(way, decision.anonymous ? undefined : opened, setCookies);
  else deny(way, opened, decision, setCookies);
}

/** Nobody reads the request meanwhile, so its body waits in the connection. */
async function decideLater(way: Way, found: Promise<OpenedSession | Renewed>): Promise<void> {
  const known = await found;
  if (way.outlet.res.destroyed) return;
  if ('setCookies' in known) decide(way, known.opened, known.setCookies);
  else decide(way, known, none);
}

function pass(way: Way, opened: OpenedSession | undefined, setCookies: readonly string[]): void {
  const { parts, outlet, target, rule, byBearer } = way;
  const { req, res, trace } = outlet;
  const route = findRoute(parts, rule);
  const addTimed = rule.identity === undefined ? opened?.addTimed : undefined;
  const exchange: Exchange = {
    req,
    res,
    target,
    headers: buildHeaders(parts, outlet, findIdentity(rule, opened), addTimed),
    dropAuthorization: byBearer && parts.stripBearer,
    setCookies,
    audience: opened === undefined ? 'anyone' : 'person',
    refuse: (refusal) => parts.refuse(outlet, refusal, { setCookies }),
  };
  const upgrade = findUpgrade(req);
  if (upgrade === undefined) {
    trace.outcome = 'forwarded';
    route.forward(exchange);
    if (opened !== undefined) parts.live.addExchange(opened, res);
    return;
  }
  // Threat 91: a page of another site must not open a socket with this person's cookie.
  // No browser sends a bearer token on its own, so its requests need no such guard.
  if (opened !== undefined && !byBearer && !isAllowedOrigin(req.headers.origin, parts.allowedOrigins)) {
    throw new Refusal('origin_refused', `Origin ${req.headers.origin ?? 'absent'}`);
  }
  trace.outcome = 'tunnelled';
  const tunnel = parts.tunnels.open(exchange, upgrade.socket, upgrade.head, route.carrier);
  if (opened !== undefined) parts.live.addTunnel(opened, tunnel, upgrade.socket);
}

function buildHeaders(
  { forwarded }: GateParts,
  { requestId, trace }: TracedOutlet,
  identity: readonly string[],
  addTimed?: AddTimed,
): readonly string[] {
  const headers = forwarded.build(trace.source);
  headers.push('X-Request-Id', requestId);
  for (const part of identity) headers.push(part);
  addTimed?.(headers);
  return headers;
}

function findRoute({ main, routes }: GateParts, { upstream, name }: Rule): Route {
  if (upstream === undefined) return main;
  const route = routes.get(upstream);
  if (route === undefined) throw new Refusal('internal', `${name} names an application that was not set up`);
  return route;
}

function findIdentity({ identity }: Rule, opened: OpenedSession | undefined): readonly string[] {
  if (opened === undefined || identity === 'none') return none;
  return identity === 'user' ? (opened.userIdentity ?? none) : opened.identity;
}

function deny(
  { parts, outlet, target, rule, byBearer }: Way,
  opened: OpenedSession | undefined,
  denial: Denial,
  setCookies: readonly string[],
): void {
  // A client with a token cannot follow a sign-in.
  const canSignIn = !byBearer && (denial.code === 'login_required' || denial.code === 'step_up_required');
  if (canSignIn && parts.beginSignIn !== undefined && isNavigation(outlet.req.method, outlet.req.headers)) {
    parts.beginSignIn(outlet, target.raw, rule.stepUp);
    return;
  }
  const loginQuery = rule.stepUp !== undefined && { loginQuery: `step_up=${rule.index}` };
  const context = { returnTo: target.raw, setCookies, ...loginQuery };
  if (opened === undefined) {
    const giveUp = (): void => parts.refuse(outlet, new Refusal(denial.code, `no session, ${rule.name}`), context);
    if (!canSignIn || parts.keepForm?.(outlet, target.raw, giveUp) !== true) giveUp();
    return;
  }
  if (denial.code === 'step_up_required' && rule.stepUp !== undefined) {
    const challenge = buildChallenge(rule.stepUp);
    parts.refuse(outlet, new Refusal(denial.code, rule.name), {
      ...context,
      challenge,
      facts: explainStepUp(rule.stepUp),
    });
    return;
  }
  const facts = explainDenial(rule, opened.session.person, denial);
  // Whom the log names, the access line of this request decides.
  const found = facts.filter(([name]) => name !== signedInAs);
  parts.refuse(
    outlet,
    new Refusal(denial.code, `${rule.name}; ${found.map(([name, value]) => `${name}: ${value}`).join('; ')}`),
    { facts, returnTo: target.raw, setCookies },
  );
}

/** Refusal method_refused. */
export function checkMethod(method: string | undefined): void {
  // RFC 9110, section 9.3.8: TRACE would show credentials and identity headers to scripts.
  if (method === undefined || method === 'TRACE' || method === 'CONNECT')
    throw new Refusal('method_refused', method ?? 'absent');
}

/** Refusal target_ambiguous. */
export function findRule(rules: RuleBook, target: Target, method: string): Rule {
  const rule = rules.find(target.readings, method);
  if (rule === undefined) throw new Refusal('target_ambiguous', 'the readings of the path fall under different rules');
  return rule;
}

/** Mounts the gate: @fastify/http-proxy registers the routes, and the scope's onRequest hook takes every request over. */
export function mountGate(app: FastifyInstance, gate: ReturnType<typeof createGate>): void {
  app.register((scope, _options, done) => {
    scope.addHook('onRequest', (request, reply) => {
      reply.hijack();
      gate(request.raw, reply.raw, request.originalUrl, request.trace);
    });
    scope.register(httpProxy, {
      upstream: 'http://upstream.invalid',
      httpMethods: scope.supportedMethods,
      proxyPayloads: false,
      websocket: false,
      handler: () => {
        throw new Error('the gate answers from its onRequest hook');
      },
    });
    done();
  });
}
