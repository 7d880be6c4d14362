{{- /*
What your own Deployment takes in. All of them want this chart's context:
  include "claimgate.sidecar.podSpec" .Subcharts.claimgate
*/}}

{{- /* Keys of the Pod's spec. */}}
{{- define "claimgate.sidecar.podSpec" -}}
{{- include "claimgate.validateSidecar" . -}}
terminationGracePeriodSeconds: {{ include "claimgate.grace" . }}
enableServiceLinks: false
{{- if not (kindIs "invalid" .Values.sidecar.automountServiceAccountToken) }}
automountServiceAccountToken: {{ .Values.sidecar.automountServiceAccountToken }}
{{- end }}
{{- with .Values.sidecar.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* One entry for `initContainers`. With this restart policy it runs beside the containers: started before, ended after them. */}}
{{- define "claimgate.sidecar.container" -}}
{{- include "claimgate.validateSidecar" . -}}
- restartPolicy: Always
  {{- include "claimgate.container" . | nindent 2 }}
  # Runs when the end of the Pod begins, long before this container's own: from then on answers close their connections.
  lifecycle:
    preStop:
      exec:
        command: [node, -e, "process.kill(1, 'SIGUSR2')"]
{{- end }}

{{- /* Entries for `volumes`. */}}
{{- define "claimgate.sidecar.volumes" -}}
{{- include "claimgate.validateSidecar" . -}}
{{- include "claimgate.volumes" . -}}
{{- end }}

{{- /* `lifecycle` of the application: kubelet ends it first, so it waits until no more requests are sent to this Pod. */}}
{{- define "claimgate.sidecar.lifecycle" -}}
{{- include "claimgate.validateSidecar" . -}}
preStop:
{{- if and (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version) (not .Values.app.preStopCommand) }}
  sleep:
    seconds: {{ .Values.app.preStopSeconds }}
{{- else }}
  exec:
    command: {{ .Values.app.preStopCommand | default (list "sleep" (toString .Values.app.preStopSeconds)) | toJson }}
{{- end }}
{{- end }}

{{- /* `volumeMounts` of an application that listens on a unix socket. */}}
{{- define "claimgate.sidecar.socketMount" -}}
{{- include "claimgate.validateSidecar" . -}}
- name: claimgate-socket
  mountPath: {{ include "claimgate.socketDir" . }}
{{- end }}

{{- define "claimgate.validateSidecar" -}}
{{- if not . -}}
{{- fail "\n\nThe templates claimgate.sidecar.* found no chart: write `.Subcharts.claimgate` behind their names, or `.Subcharts.<alias>` if the dependency has an alias\n" -}}
{{- end -}}
{{- if not (hasKey .Values "secretKeys") -}}
{{- fail "\n\nThe templates claimgate.sidecar.* want the context of this chart: write `include \"claimgate.sidecar.container\" .Subcharts.claimgate` instead of `.`\n" -}}
{{- end -}}
{{- if ne .Values.mode "sidecar" -}}
{{- fail "\n\nclaimgate.mode is not sidecar, so there is nothing to take into your Pod: set `claimgate.mode: sidecar` in your values\n" -}}
{{- end -}}
{{- include "claimgate.validate" . -}}
{{- end }}
