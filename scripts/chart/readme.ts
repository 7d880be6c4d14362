import { listValues } from './values.ts';

interface Chart {
  readonly description: string;
  readonly version: string;
  readonly appVersion: string;
  readonly kubeVersion: string;
}

const longestDefault = 60;

function describeDefault(value: string): string {
  return value.length > longestDefault ? 'see [values.yaml](values.yaml)' : `\`${value.replaceAll('|', '\\|')}\``;
}

/** The text of the chart's README. */
export function buildChartReadme(chart: Chart, valuesText: string): string {
  const rows = listValues(valuesText).map(
    (value) =>
      `| \`${value.path.join('.')}\` | ${value.kind} | ${describeDefault(value.default)} | ${value.doc.replaceAll('|', '\\|')} |`,
  );
  return `# Helm chart of Claimgate

<!-- Generated from Chart.yaml and the comments of values.yaml; change them there and run \`npm run docs\`. -->

${chart.description}

Chart ${chart.version}, Claimgate ${chart.appVersion}, Kubernetes \`${chart.kubeVersion}\`.

How to install it, as a sidecar or in front of a Service, is in [the guide](../../docs/kubernetes.md). In short:

\`\`\`sh
kubectl create secret generic claimgate \\
  --from-literal=session-secret="$(npm run --silent start -- keygen)" \\
  --from-file=client-secret=./client-secret
helm install claimgate helm/claimgate -f values.yaml
helm test claimgate
\`\`\`

Values that contradict each other or leave the application open are refused, each with a sentence that says what to change.
[values.schema.json](values.schema.json) knows every setting below \`config\`, so editors can complete and check them.

## Values

| Value | Kind | Default | Meaning |
|---|---|---|---|
${rows.join('\n')}
`;
}
