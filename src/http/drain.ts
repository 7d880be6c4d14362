import type { Server } from 'node:http';

/** The steps of an orderly end, given by those who own the parts. */
export interface DrainSteps {
  /** Readiness fails and answers close their connections. */
  readonly begin: () => void;
  /** No new connections; resolves when the last one is gone. */
  readonly close: () => Promise<unknown>;
  readonly server: Server;
  /** Ends what has no end of its own: tunnels. */
  readonly closeTunnels: () => void;
  /** Waits for what would be lost with the process. */
  readonly settle: () => Promise<void>;
  /** Ends what goes on beside the requests. */
  readonly release: () => void;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** Milliseconds that may come on top of wait and grace: the three together must end before Kubernetes kills, by default after 30 s. */
export const longestSettle = 4_000;

/**
 * Readiness off, then a wait in which load balancers learn of it, then no new connections, then at the limit the rest is cut.
 * Until then revocations still come in, so that nothing goes on that has ended.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
 */
export async function drain(
  steps: DrainSteps,
  limits: { readonly wait: number; readonly grace: number },
): Promise<void> {
  steps.begin();
  await steps.wait(limits.wait);
  const closed = steps.close();
  steps.closeTunnels();
  // fastify #7044: close() leaves idle keep-alive connections open until their time-out.
  const sweep = setInterval(() => steps.server.closeIdleConnections(), 250);
  steps.server.closeIdleConnections();
  const over = steps.wait(limits.grace);
  await Promise.race([closed, over]);
  clearInterval(sweep);
  steps.closeTunnels();
  steps.server.closeAllConnections();
  // What is left of the grace counts here as well.
  await Promise.race([closed.then(() => steps.settle()), over.then(() => steps.wait(longestSettle))]);
  steps.release();
}
