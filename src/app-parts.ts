import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Note } from './config/problems.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Live } from './proxy/live.ts';
import type { Schedule } from './oidc/timer.ts';
import type { Tunnels } from './proxy/tunnel.ts';
import type { Upstream } from './proxy/upstream.ts';
import type { Upstreams } from './proxy/upstreams.ts';
import type { Providers } from './routes/providers.ts';
import type { OpenedSession } from './session/open.ts';
import type { RevocationChannel } from './session/revocation-channel.ts';
import type { Redis } from './session/redis.ts';
import type { KeyRing, LoadRing } from './session/key-ring.ts';

/** What the product takes from the process it runs in. */
export interface Surroundings {
  readonly log: Logger;
  /** Takes the access lines; none are written when absent. */
  readonly writeAccessLine?: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** Frees what has recently become garbage, in about a millisecond. */
  readonly collectYoung?: () => void;
  /** Reads the client secret of this provider anew, where it came from a file; undefined when it cannot be read. */
  readonly reloadSecret?: (id: string) => string | undefined;
  /** How replicas tell each other what has ended. */
  readonly revocationChannel?: RevocationChannel;
  /** Reads the session secrets anew, where they came from a file. */
  readonly reloadRing?: LoadRing | undefined;
  readonly schedule?: Schedule;
}

/** All parts of a running Claimgate. */
export interface App {
  readonly server: FastifyInstance;
  readonly admin: Server;
  readonly providers: Providers;
  /** Where the session secrets come from a file. */
  readonly keyRing: KeyRing | undefined;
  readonly metrics: Metrics;
  readonly upstream: Upstream;
  /** That one and those of single rules. */
  readonly upstreams: Upstreams;
  /** What is worth saying about the rules. */
  readonly notes: readonly Note[];
  readonly tunnels: Tunnels;
  readonly live: Live<OpenedSession>;
  readonly redis?: Redis;
  /** From here on readiness fails and every answer closes its connection. */
  beginDrain(): void;
  readonly renewCertificate: () => void;
  /** Resolves when nothing is under way any more that would be lost with the process, or after so many milliseconds. */
  settle(ms: number): Promise<void>;
  /** Ends what goes on beside the requests; none come any more. */
  close(): void;
}
