import assert from 'node:assert/strict';
import { type RenderOptions, sidecar, standalone, tryRender } from './support/render.ts';
import { chartTest } from './support/tools.ts';

type Values = Record<string, unknown>;
const withConfig = (base: typeof standalone, config: Values): Values => ({
  ...base,
  config: { ...base.config, ...config },
});
const oidc = (values: Values): Values => withConfig(standalone, { oidc: { ...standalone.config.oidc, ...values } });
const upstream = (base: typeof standalone, url: string): Values => withConfig(base, { upstream: { url } });
const appService = {
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name: 'old' },
  spec: { ports: [{ port: 80, targetPort: 3000 }] },
};

/** Values that must not be installed, and the part of the sentence that says what to do. */
const table: Readonly<Record<string, readonly [Values, RegExp, RenderOptions?]>> = {
  'no image': [
    { ...standalone, image: { digest: standalone.image.digest } },
    /image.repository is empty; build the image/,
  ],
  'no digest': [{ ...standalone, image: { repository: 'a/b' } }, /image.digest is empty.* set it to the sha256/],
  'a digest that is none': [{ ...standalone, image: { repository: 'a/b', digest: 'sha256:1' } }, /\/image\/digest/],
  'no secret': [
    { ...standalone, existingSecret: '' },
    /existingSecret is empty, but PROXY_OIDC_CLIENT_SECRET and PROXY_SESSION_SECRET .* make a Secret/,
  ],
  'no session secret': [
    { ...standalone, secretKeys: { PROXY_SESSION_SECRET: '' } },
    /secretKeys.PROXY_SESSION_SECRET is empty/,
  ],
  'an unknown secret': [
    { ...standalone, secretKeys: { PROXY_SECRET: 'a' } },
    /additional properties 'PROXY_SECRET' not allowed/,
  ],
  'a secret in the values': [
    oidc({ client_secret: 'x' }),
    /put it into a Secret and name its key in secretKeys.PROXY_OIDC_CLIENT_SECRET/,
  ],
  'a session secret in the values': [
    withConfig(standalone, { session: { secret: ['x'] } }),
    /secretKeys.PROXY_SESSION_SECRET/,
  ],
  'a secret of one of several providers': [
    withConfig(standalone, { providers: [{ id: 'a', name: 'A', client_secret: 'x' }] }),
    /write client_secret_file: \/run\/claimgate\/secrets/,
  ],
  'no public URL': [withConfig(standalone, { public_url: undefined }), /config.public_url is missing; set it to/],
  'a plain public URL': [
    withConfig(standalone, { public_url: 'http://app.example.com' }),
    /config.public_url is plain http.* let your ingress end TLS/,
  ],
  'no issuer': [oidc({ issuer: undefined }), /config.oidc.issuer is missing; set it to/],
  'a plain issuer': [
    oidc({ issuer: 'http://id.example.com' }),
    /http:\/\/id.example.com in config is plain http.*use the https address/,
  ],
  'a plain issuer among several': [
    withConfig(standalone, { providers: [{ id: 'a', name: 'A', issuer: 'http://id2.example.com' }] }),
    /http:\/\/id2.example.com in config is plain http/,
  ],
  'no client id': [oidc({ client_id: undefined }), /config.oidc.client_id is missing/],
  'a misspelt setting': [oidc({ isuer: 'x' }), /additional properties 'isuer' not allowed/],
  'a misspelt value': [{ ...standalone, replicas: 3 }, /additional properties 'replicas' not allowed/],
  'a duration that is none': [withConfig(standalone, { shutdown: { wait: '5 seconds' } }), /\/config\/shutdown\/wait/],
  'a number out of range': [
    withConfig(standalone, { http: { addr: '0.0.0.0:8080', max_target_bytes: 1 } }),
    /max_target_bytes': minimum/,
  ],
  'no application': [
    withConfig(standalone, { upstream: {} }),
    /config.upstream.url is missing; set it to the address of the application, as in http:\/\/app:3000/,
  ],
  'an application in a Pod that is not its own': [
    upstream(standalone, 'http://localhost:3000'),
    /leads to Claimgate's own Pod; name the Service/,
  ],
  'a socket in a Pod that is not its own': [upstream(standalone, 'unix:/run/app.sock'), /use mode sidecar/],
  'an application in a namespace that the policy closes': [
    upstream(standalone, 'http://legacy.apps.svc.cluster.local:3000'),
    /set app.namespace to apps/,
  ],
  'itself as application': [upstream(standalone, 'http://rel-claimgate'), /requests would go round in a circle/],
  'threat 129: a sidecar that leads elsewhere': [
    upstream(sidecar, 'http://legacy:3000'),
    /write http:\/\/127.0.0.1:<port> or unix:/,
  ],
  'threat 132: the application on the port of Claimgate': [
    upstream(sidecar, 'http://127.0.0.1:8080'),
    /port 8080, which is one of Claimgate's own/,
  ],
  'threat 132: the application on the admin port': [
    upstream(sidecar, 'http://127.0.0.1:9205'),
    /let the application listen on another port/,
  ],
  'threat 132: a Service of the application': [
    { ...sidecar, extraObjects: [appService] },
    /the Service old in extraObjects leads to port 3000.* use the Service of this chart/,
  ],
  'threat 132: the application of a rule on the port of Claimgate': [
    withConfig(sidecar, { rules: [{ path: '/a', upstream: 'http://127.0.0.1:8080' }] }),
    /names an application on port 8080/,
  ],
  'a rule that leads into a Pod without applications': [
    withConfig(standalone, { rules: [{ path: '/a', upstream: 'http://127.0.0.1:4000' }] }),
    /a rule in config names http:\/\/127.0.0.1:4000.*name the Service/,
  ],
  'threat 129: a policy that opens the application of a rule': [
    {
      ...withConfig(sidecar, { rules: [{ path: '/a', upstream: 'http://127.0.0.1:4000' }] }),
      networkPolicy: { extraIngress: [{ ports: [{ port: 4000 }] }] },
    },
    /extraIngress opens port 4000/,
  ],
  'a plain endpoint of the provider': [
    oidc({ endpoints: { token: 'http://id.example.com/token' } }),
    /id.example.com\/token in config is plain http/,
  ],
  'a sidecar without Pods': [{ ...sidecar, app: {} }, /app.podSelector is empty.*spec.selector.matchLabels/],
  'a sidecar in another namespace': [
    { ...sidecar, app: { ...sidecar.app, namespace: 'apps' } },
    /the application is in the same Pod; leave it empty/,
  ],
  'scaling by nothing': [{ ...standalone, autoscaling: { enabled: true, cpu: null } }, /set autoscaling.cpu/],
  'a sidecar that scales': [{ ...sidecar, autoscaling: { enabled: true } }, /scale your own Deployment/],
  'forward auth': [
    { ...standalone, forwardAuth: { enabled: true } },
    /cannot answer authentication requests of another proxy yet; set it to false/,
  ],
  'an unknown mode': [{ ...standalone, mode: 'forward-auth' }, /'standalone', 'sidecar'/],
  'a loopback address to listen on': [
    withConfig(standalone, { debug: { addr: '127.0.0.1:9205' } }),
    /config.debug.addr is 127.0.0.1:9205.*write 0.0.0.0:<port>/,
  ],
  'one port for both': [
    withConfig(standalone, { debug: { addr: '0.0.0.0:8080' } }),
    /have the same port; give the admin port another/,
  ],
  'IPv6 without listening there': [{ ...standalone, service: { ipFamilies: ['IPv6'] } }, /write \[::\]:8080/],
  'threat 136: no time for tokens on their way': [
    { ...standalone, drain: { marginSeconds: 4 } },
    /\/drain\/marginSeconds.*minimum: got 4, want 5/,
  ],
  'threat 136: too little time to end': [
    { ...standalone, terminationGracePeriodSeconds: 29 },
    /terminationGracePeriodSeconds is 29, but the steps of a shutdown need 30 together; leave it out/,
  ],
  'threat 136: too little time to end beside an application': [
    { ...sidecar, terminationGracePeriodSeconds: 44 },
    /need 45 together; leave it out, or shorten config.shutdown.grace or app.shutdownSeconds/,
  ],
  'threat 142: any certificate of the provider': [
    oidc({ insecure: true }),
    /oidc.insecure: true.*give the authority as a file instead \(oidc.ca_file\)/,
  ],
  'threat 142: any certificate of one of several providers': [
    withConfig(standalone, { providers: [{ id: 'a', name: 'A', insecure: true }] }),
    /oidc.insecure: true/,
  ],
  'threat 142: any certificate of the application': [
    withConfig(standalone, { insecure_backends: true }),
    /add insecure_backends to acceptInsecure/,
  ],
  'threat 142: a setting as variable': [
    { ...standalone, env: [{ name: 'PROXY_OIDC_INSECURE', value: 'true' }] },
    /env sets PROXY_OIDC_INSECURE.*write it into config/,
  ],
  'threat 142: a variable of Node that switches TLS off': [
    { ...standalone, env: [{ name: 'NODE_TLS_REJECT_UNAUTHORIZED', value: '0' }] },
    /can switch protections off; remove it/,
  ],
  'threat 142: a container with rights': [
    { ...standalone, securityContext: { privileged: true, readOnlyRootFilesystem: false } },
    /weakens privileged, readOnlyRootFilesystem/,
  ],
  'threat 142: a container that may gain rights': [
    {
      ...standalone,
      securityContext: {
        allowPrivilegeEscalation: true,
        runAsNonRoot: false,
        capabilities: { drop: [] },
        seccompProfile: { type: 'Unconfined' },
      },
    },
    /weakens allowPrivilegeEscalation, runAsNonRoot, capabilities.drop, seccompProfile,/,
  ],
  'threat 142: a capability': [
    { ...standalone, securityContext: { capabilities: { add: ['NET_ADMIN'] } } },
    /weakens capabilities.add/,
  ],
  'threat 137: a mount by subPath': [
    { ...standalone, volumeMounts: [{ name: 'a', mountPath: '/a', subPath: 'b' }] },
    /additional properties 'subPath' not allowed/,
  ],
  'threat 129: a policy that opens the application': [
    { ...sidecar, networkPolicy: { extraIngress: [{ ports: [{ port: 2999, endPort: 3001 }] }] } },
    /extraIngress opens port 3000/,
  ],
  'threat 129: a policy that opens everything': [
    { ...sidecar, networkPolicy: { extraIngress: [{}] } },
    /extraIngress opens port 3000/,
  ],
  'metrics that nobody can fetch': [
    { ...standalone, metrics: { podMonitor: { enabled: true } } },
    /networkPolicy.metricsNamespace is empty.*set it to the namespace of your Prometheus/,
  ],
  'metrics that are fetched twice': [
    {
      ...standalone,
      networkPolicy: { metricsNamespace: 'm' },
      metrics: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } },
    },
    /keep one of them/,
  ],
  'a route without a gateway': [{ ...standalone, httpRoute: { enabled: true } }, /httpRoute.parentRefs is empty/],
  'limits of scaling that contradict': [
    { ...standalone, autoscaling: { enabled: true, minReplicas: 9 } },
    /raise maxReplicas/,
  ],
  'a Kubernetes without sidecars': [standalone, /incompatible with Kubernetes v1.28.0/, { kubeVersion: '1.28.0' }],
};

for (const [name, [values, sentence, options]] of Object.entries(table)) {
  chartTest(`refused with a cure: ${name}`, () => {
    const { ok, refusal } = tryRender(values, options);
    assert.equal(ok, false);
    assert.match(refusal, sentence);
  });
}

chartTest('all problems are told at once', () => {
  const { refusal } = tryRender({});
  for (const part of [
    'image.repository',
    'image.digest',
    'config.public_url',
    'config.oidc.issuer',
    'existingSecret',
  ]) {
    assert.ok(refusal.includes(`- ${part} is`), part);
  }
});

chartTest('what looks like a contradiction and is none', () => {
  const fine: readonly Values[] = [
    { ...standalone, replicaCount: 5 },
    { ...standalone, terminationGracePeriodSeconds: 30 },
    withConfig(standalone, { public_url: 'http://localhost:8080' }),
    upstream(standalone, 'http://legacy.prod.svc:3000'),
    upstream(standalone, 'http://legacy.example.com:3000'),
    { ...upstream(standalone, 'http://legacy.apps.svc:3000'), app: { namespace: 'apps' } },
    { ...oidc({ insecure: true }), acceptInsecure: ['oidc.insecure'] },
    { ...standalone, env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ca.crt' }] },
    { ...sidecar, networkPolicy: { extraIngress: [{ ports: [{ port: 9000 }] }] } },
    { ...sidecar, extraObjects: [{ ...appService, spec: { ports: [{ port: 3000, targetPort: 8080 }] } }] },
    { ...standalone, existingSecret: '', secretKeys: { PROXY_SESSION_SECRET: 'a/b', PROXY_OIDC_CLIENT_SECRET: '' } },
    { ...standalone, secretKeys: { PROXY_OIDC_CLIENT_SECRET: '', PROXY_OIDC_TEMPLATE: 'template' } },
    oidc({ issuer: undefined, oauth2_template: 'github' }),
    oidc({ issuer: undefined, provider: 'github' }),
    oidc({ issuer: undefined, metadata_file: '/etc/provider.json' }),
  ];
  for (const values of fine) assert.equal(tryRender(values).refusal, '', JSON.stringify(values));
});
