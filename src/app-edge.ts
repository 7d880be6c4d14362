import type { Server } from 'node:http';
import { loadPem } from './app-options.ts';
import { ConfigError } from './config/problems.ts';
import type { Config } from './config/schema.ts';
import type { Forwarded } from './http/forwarded.ts';
import { createCertificateWatch, findCertificateFault, type ServerCertificate } from './http/tls.ts';
import type { TracedOutlet } from './http/trace.ts';
import type { Logger } from './log.ts';
import type { ResponseAdditions } from './proxy/response-headers.ts';
import { checkTarget, type TargetPolicy } from './proxy/target.ts';
import { createHttpsOnly } from './routes/https-only.ts';
import type { Refuse } from './routes/refuse.ts';
import { createUserNames } from './session/user-name.ts';

interface EdgeParts {
  readonly forwarded: Forwarded;
  readonly targetPolicy: TargetPolicy;
  readonly refuse: Refuse;
}

/** What stands between browsers and the rest, and what they are told with every answer. */
export interface Edge {
  readonly nameUser: (user: string | undefined) => string | undefined;
  /** For answers of the application. */
  readonly additions: ResponseAdditions;
  /** For answers of our own; flat. */
  readonly ownHeaders: readonly string[];
  /** Options of the server. */
  listen(parts: EdgeParts): {
    readonly divert?: (outlet: TracedOutlet, rawTarget: string) => boolean;
    readonly tls?: ServerCertificate;
  };
  /** What to call from time to time, so that a changed certificate is used. */
  watchCertificate(server: Server, log: Logger): () => void;
}

/** Throws a ConfigError for a certificate that cannot be used. */
export function createEdge(config: Config): Edge {
  const { tls, tlsCert = '', tlsKey = '', forceHttps } = config.edge;
  const certificate = tls ? loadUsableCertificate(tlsCert, tlsKey) : undefined;
  const transportSecurity = buildTransportSecurity(config);
  return {
    nameUser: createUserNames(config.log.user, config.session.secrets?.[0] ?? ''),
    additions: buildResponseAdditions(config),
    ownHeaders: transportSecurity === undefined ? [] : ['Strict-Transport-Security', transportSecurity],
    listen({ forwarded, targetPolicy, refuse }) {
      const divert = createHttpsOnly({
        publicOrigin: new URL(config.http.publicUrl).origin,
        cameInPlain: ({ socket, rawHeaders }) =>
          forwarded.cameInPlain(socket.remoteAddress ?? '', 'encrypted' in socket, rawHeaders),
        checkTarget: (rawTarget) => checkTarget(rawTarget, targetPolicy),
        refuse,
      });
      return { ...(forceHttps ? { divert } : {}), ...(certificate === undefined ? {} : { tls: certificate }) };
    },
    watchCertificate(server, log) {
      if (certificate === undefined) return () => {};
      return createCertificateWatch({
        current: certificate,
        load: () => loadCertificate(tlsCert, tlsKey),
        // With a certificate it is a server with TLS, which Fastify types do not say.
        server: server as unknown as Parameters<typeof createCertificateWatch>[0]['server'],
        onRenewed: () => log.info({}, 'certificate renewed'),
        onFault: (detail) => log.error({ detail }, 'certificate not renewed'),
      });
    },
  };
}

/** Throws a ConfigError when a file cannot be read. */
function loadCertificate(certFile: string, keyFile: string): ServerCertificate {
  return { cert: loadPem(certFile, 'PROXY_TRANSPORT_TLS_CERT'), key: loadPem(keyFile, 'PROXY_TRANSPORT_TLS_KEY') };
}

/** Throws a ConfigError, too, when certificate and key cannot be used together. */
export function loadUsableCertificate(certFile: string, keyFile: string): ServerCertificate {
  const certificate = loadCertificate(certFile, keyFile);
  const fault = findCertificateFault(certificate);
  if (fault === undefined) return certificate;
  throw new ConfigError([
    {
      setting: 'PROXY_TRANSPORT_TLS_CERT',
      sentence: `and PROXY_TRANSPORT_TLS_KEY cannot be used together: ${fault}; name a certificate and its own key, without a passphrase`,
    },
  ]);
}

/** Strict-Transport-Security (RFC 6797, section 6.1); undefined where it is off. */
function buildTransportSecurity({ edge }: Config): string | undefined {
  if (edge.hstsMaxAge === 0) return undefined;
  return `max-age=${Math.floor(edge.hstsMaxAge / 1_000)}${edge.hstsIncludeSubdomains ? '; includeSubDomains' : ''}`;
}

function buildResponseAdditions(config: Config): ResponseAdditions {
  const { csp, edge } = config;
  const transportSecurity = buildTransportSecurity(config);
  const cacheControl = { private: 'private', 'no-store': 'private, no-store', off: undefined }[edge.privateResponses];
  return {
    ...(csp === undefined ? {} : { policy: { value: csp, mode: edge.cspMode } }),
    ...(transportSecurity === undefined ? {} : { transportSecurity }),
    ...(cacheControl === undefined ? {} : { cacheControl }),
  };
}
