{{- define "claimgate.testLabels" -}}
app.kubernetes.io/name: {{ include "claimgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end }}

{{- /* A Pod of `helm test` that runs one script with Claimgate's image: dict "root", "test", "env". */}}
{{- define "claimgate.testPod" -}}
{{- $root := .root -}}
apiVersion: v1
kind: Pod
metadata:
  {{- $annotations := dict "helm.sh/hook" "test" "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" }}
  {{- include "claimgate.metadata" (dict "root" $root "suffix" (printf "test-%s" .test) "component" "test" "annotations" $annotations) | nindent 2 }}
spec:
  restartPolicy: Never
  activeDeadlineSeconds: 120
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    {{- toYaml $root.Values.podSecurityContext | nindent 4 }}
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: test
      image: {{ include "claimgate.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [node, --input-type=module, -e]
      args:
        - |
          {{- $root.Files.Get (printf "tests/%s.mjs" .test) | nindent 10 }}
      env:
        {{- range $name, $value := .env }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
      resources:
        requests: { cpu: 10m, memory: 48Mi }
        limits: { memory: 128Mi }
      securityContext:
        {{- toYaml $root.Values.securityContext | nindent 8 }}
{{- end }}
