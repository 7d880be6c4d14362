{{- /* Claimgate's container, the same in both modes. */}}
{{- define "claimgate.container" -}}
name: claimgate
image: {{ include "claimgate.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - name: PROXY_CONFIG_FILE
    value: /etc/claimgate/claimgate.yaml
  {{- range include "claimgate.secretFiles" . | fromJsonArray }}
  {{- if .variable }}
  - name: {{ .file }}_FILE
    value: /run/claimgate/secrets/{{ .file }}
  {{- end }}
  {{- end }}
  # The configuration is read at start: another one must make another Pod.
  - name: CONFIG_CHECKSUM
    value: {{ include "claimgate.config" . | sha256sum }}
  {{- with .Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - name: claimgate
    containerPort: {{ include "claimgate.proxyPort" . }}
    protocol: TCP
  - name: claimgate-admin
    containerPort: {{ include "claimgate.adminPort" . }}
    protocol: TCP
startupProbe:
  httpGet:
    path: /readyz
    port: {{ include "claimgate.adminPort" . }}
  {{- toYaml .Values.probes.startup | nindent 2 }}
readinessProbe:
  httpGet:
    path: /readyz
    port: {{ include "claimgate.adminPort" . }}
  {{- toYaml .Values.probes.readiness | nindent 2 }}
livenessProbe:
  httpGet:
    path: /healthz
    port: {{ include "claimgate.adminPort" . }}
  {{- toYaml .Values.probes.liveness | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
volumeMounts:
  # Whole directories: kubelet never renews what is mounted by subPath.
  - name: claimgate-config
    mountPath: /etc/claimgate
    readOnly: true
  - name: claimgate-secrets
    mountPath: /run/claimgate/secrets
    readOnly: true
  {{- with include "claimgate.socketDir" . }}
  - name: claimgate-socket
    mountPath: {{ . }}
  {{- end }}
  {{- range .Values.volumeMounts }}
  - name: {{ .name }}
    mountPath: {{ .mountPath }}
    readOnly: true
  {{- end }}
{{- end }}

{{- define "claimgate.volumes" -}}
- name: claimgate-config
  configMap:
    name: {{ include "claimgate.fullname" . }}
- name: claimgate-secrets
  projected:
    # In your Pod the group of the files is a matter of your fsGroup; only Claimgate mounts them.
    defaultMode: {{ eq .Values.mode "sidecar" | ternary 292 288 }} # 0444, 0440
    {{- $files := include "claimgate.secretFiles" . | fromJsonArray }}
    sources: {{- if not $files }} []{{ end }}
      {{- range $files }}
      - secret:
          name: {{ .secret }}
          items:
            - key: {{ .key }}
              path: {{ .file }}
      {{- end }}
{{- if include "claimgate.socketDir" . }}
- name: claimgate-socket
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- end }}
{{- with .Values.volumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
