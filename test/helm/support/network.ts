import type { KubeObject } from './render.ts';

/** One end of a connection. */
export interface Peer {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

const matches = (selector: KubeObject, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);

function isFrom(peer: KubeObject, from: Peer, ofPolicy: string): boolean {
  if (peer.ipBlock !== undefined) return true;
  const named = { 'kubernetes.io/metadata.name': from.namespace };
  const isInNamespace =
    peer.namespaceSelector === undefined ? from.namespace === ofPolicy : matches(peer.namespaceSelector, named);
  return isInNamespace && matches(peer.podSelector, from.labels);
}

/** https://kubernetes.io/docs/concepts/services-networking/network-policies/: open without a policy; otherwise what any rule names. */
export function isAdmitted(
  policies: readonly KubeObject[],
  { from, to, port }: { readonly from: Peer; readonly to: Peer; readonly port: number },
): boolean {
  const ofTarget = policies.filter(
    ({ kind, metadata, spec }) =>
      kind === 'NetworkPolicy' &&
      (metadata.namespace ?? to.namespace) === to.namespace &&
      spec.policyTypes.includes('Ingress') &&
      matches(spec.podSelector, to.labels),
  );
  if (ofTarget.length === 0) return true;
  return ofTarget.some(({ spec }) =>
    (spec.ingress ?? []).some(
      (rule: KubeObject) =>
        (rule.ports === undefined || rule.ports.some((open: KubeObject) => open.port === port)) &&
        (rule.from === undefined || rule.from.some((peer: KubeObject) => isFrom(peer, from, to.namespace))),
    ),
  );
}
