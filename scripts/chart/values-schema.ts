import { longestSettle } from '../../src/http/drain.ts';
import { buildConfigSchema, type Schema, secretVariables } from './config-schema.ts';
import { listValues } from './values.ts';

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const maybeFlag: Schema = { type: ['boolean', 'null'] };
const port: Schema = { type: 'integer', minimum: 1, maximum: 65_535 };
const seconds: Schema = { type: 'integer', minimum: 0, maximum: 86_400 };
const texts: Schema = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } };
/** Objects of Kubernetes, which the API server checks. */
const foreign: Schema = { type: 'object' };
const foreignList: Schema = { type: 'array', items: foreign };
const name: Schema = { type: 'string', pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' };
const oneOf = (...options: readonly string[]): Schema => ({ enum: options });
const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema['type'], 'null'] });
const orEmpty = (pattern: string): Schema => ({ type: 'string', pattern: `^(${pattern})?$` });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const strict = (properties: Record<string, Schema>, ...required: readonly string[]): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required.length === 0 ? {} : { required }),
});

const key: Schema = { type: 'string', pattern: '^[A-Za-z0-9._-]+$' };
const probe = strict({
  initialDelaySeconds: seconds,
  periodSeconds: { type: 'integer', minimum: 1 },
  timeoutSeconds: { type: 'integer', minimum: 1 },
  successThreshold: { type: 'integer', minimum: 1 },
  failureThreshold: { type: 'integer', minimum: 1 },
  terminationGracePeriodSeconds: { type: 'integer', minimum: 1 },
});
const monitor = strict({
  enabled: flag,
  labels: texts,
  interval: { type: 'string', pattern: '^([0-9]+(ms|s|m|h))+$' },
});

const values: Readonly<Record<string, Schema>> = {
  enabled: flag,
  global: foreign,
  mode: oneOf('standalone', 'sidecar'),
  forwardAuth: strict({ enabled: flag }),
  nameOverride: orEmpty('[a-z0-9]([a-z0-9-]*[a-z0-9])?'),
  fullnameOverride: orEmpty('[a-z0-9]([a-z0-9-]*[a-z0-9])?'),
  namespaceOverride: orEmpty('[a-z0-9]([a-z0-9-]*[a-z0-9])?'),
  commonLabels: texts,
  commonAnnotations: texts,
  image: strict({
    repository: orEmpty('[a-z0-9][a-z0-9._:/-]*'),
    digest: orEmpty('sha256:[0-9a-f]{64}'),
    tag: orEmpty('[A-Za-z0-9_][A-Za-z0-9._-]{0,127}'),
    unpinned: oneOf('refused', 'allowed'),
    pullPolicy: oneOf('IfNotPresent', 'Always', 'Never'),
  }),
  imagePullSecrets: listOf(strict({ name: text }, 'name')),
  config: buildConfigSchema(),
  existingSecret: text,
  secretKeys: strict(
    Object.fromEntries(secretVariables.map((variable) => [variable, orEmpty('([a-z0-9.-]+/)?[A-Za-z0-9._-]+')])),
  ),
  secretFiles: listOf(strict({ secret: name, key, file: key }, 'secret', 'key', 'file')),
  acceptInsecure: listOf(oneOf('oidc.insecure', 'insecure_backends', 'securityContext')),
  env: listOf(strict({ name: text, value: text, valueFrom: foreign }, 'name')),
  volumes: foreignList,
  volumeMounts: listOf(strict({ name: text, mountPath: { type: 'string', pattern: '^/' } }, 'name', 'mountPath')),
  app: strict({
    podSelector: texts,
    namespace: orEmpty('[a-z0-9]([a-z0-9-]*[a-z0-9])?'),
    port: orNull(port),
    preStopSeconds: { ...seconds, minimum: 1 },
    preStopCommand: listOf(text),
    shutdownSeconds: seconds,
  }),
  sidecar: strict({ podSecurityContext: orNull(foreign), automountServiceAccountToken: maybeFlag }),
  replicaCount: { type: 'integer', minimum: 0 },
  strategy: foreign,
  revisionHistoryLimit: { type: 'integer', minimum: 0 },
  podLabels: texts,
  podAnnotations: texts,
  serviceAccount: strict({ create: flag, name: text, annotations: texts }),
  podSecurityContext: foreign,
  securityContext: foreign,
  resources: foreign,
  probes: strict({ startup: probe, readiness: probe, liveness: probe }),
  // The longest that tokens on their way may take beyond the limits of the settings, and a second to end in.
  drain: strict({ marginSeconds: { ...seconds, minimum: longestSettle / 1_000 + 1 } }),
  terminationGracePeriodSeconds: orNull({ type: 'integer', minimum: 1 }),
  nodeSelector: texts,
  tolerations: foreignList,
  affinity: foreign,
  topologySpreadConstraints: foreignList,
  priorityClassName: text,
  service: strict({
    type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer'),
    port,
    appProtocol: text,
    ipFamilyPolicy: oneOf('', 'SingleStack', 'PreferDualStack', 'RequireDualStack'),
    ipFamilies: { type: 'array', maxItems: 2, items: oneOf('IPv4', 'IPv6') },
    trafficDistribution: text,
    labels: texts,
    annotations: texts,
  }),
  ingress: strict({ enabled: flag, className: text, tlsSecret: text, annotations: texts }),
  httpRoute: strict({ enabled: flag, parentRefs: foreignList, filters: foreignList, annotations: texts }),
  networkPolicy: strict({
    enabled: flag,
    from: foreignList,
    metricsNamespace: text,
    extraIngress: foreignList,
    egress: strict({
      enabled: maybeFlag,
      dns: foreignList,
      provider: strict({ to: foreignList, ports: listOf(port) }),
      upstream: strict({ to: foreignList }),
      redis: strict({ to: foreignList, port }),
      extra: foreignList,
    }),
  }),
  podDisruptionBudget: strict({ enabled: flag, maxUnavailable: { type: ['integer', 'string'] } }),
  autoscaling: strict({
    enabled: flag,
    minReplicas: { type: 'integer', minimum: 1 },
    maxReplicas: { type: 'integer', minimum: 1 },
    cpu: { type: ['integer', 'null'], minimum: 1 },
    memory: { type: ['integer', 'null'], minimum: 1 },
    behavior: foreign,
  }),
  metrics: strict({
    podMonitor: monitor,
    serviceMonitor: monitor,
    prometheusRule: strict({ enabled: flag, labels: texts, alertLabels: texts }),
    dashboard: strict({ enabled: flag, labels: texts }),
  }),
  tests: strict({ enabled: flag, echoPath: orEmpty('/.*') }),
  extraObjects: listOf({ type: ['object', 'string'] }),
};

/** The part of the schema for a value, with the comment that the value has in values.yaml. */
function describe(root: Schema, path: readonly string[], description: string): Schema {
  const [step, ...rest] = path;
  if (step === undefined) return { description, ...root };
  const properties = root['properties'] as Record<string, Schema>;
  const member = properties[step];
  if (member === undefined) throw new Error(`values.schema.json has no ${step}, which values.yaml has`);
  return { ...root, properties: { ...properties, [step]: describe(member, rest, description) } };
}

/** The text of values.schema.json. */
export function buildValuesSchema(valuesText: string): string {
  let schema: Schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Generated from src/config/schema.ts and scripts/chart/values-schema.ts by `npm run docs`.',
    title: 'Values of the Claimgate chart',
    ...strict(values),
  };
  for (const { path, doc } of listValues(valuesText)) schema = describe(schema, path, doc);
  return `${JSON.stringify(schema, null, 2)}\n`;
}
