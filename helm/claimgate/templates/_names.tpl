{{- define "claimgate.name" -}}
{{- .Values.nameOverride | default "claimgate" | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- /* At most 50 characters, so that the suffixes below fit into the 63 of a name. */}}
{{- define "claimgate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "claimgate.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "claimgate.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "claimgate.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end }}

{{- /* Strings of a map, with templates in the values rendered. */}}
{{- define "claimgate.tplMap" -}}
{{- $root := .root -}}
{{- $out := dict -}}
{{- range $key, $value := .map -}}
{{- $_ := set $out $key (tpl (toString $value) $root) -}}
{{- end -}}
{{- toYaml $out -}}
{{- end }}

{{- define "claimgate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "claimgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: proxy
{{- end }}

{{- /* Labels of objects; `component` tells the Pods of tests from those that serve. */}}
{{- define "claimgate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "claimgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: claimgate
{{- with .Values.commonLabels }}
{{ include "claimgate.tplMap" (dict "root" $ "map" .) }}
{{- end }}
{{- end }}

{{- /* Name, namespace, labels and annotations of an object: dict "root", and if wanted "suffix", "namespace", "labels", "annotations". */}}
{{- define "claimgate.metadata" -}}
{{- $root := .root -}}
name: {{ include "claimgate.fullname" $root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .namespace | default (include "claimgate.namespace" $root) }}
labels:
  {{- include "claimgate.labels" $root | nindent 2 }}
  app.kubernetes.io/component: {{ .component | default "proxy" }}
  {{- with .labels }}
  {{- include "claimgate.tplMap" (dict "root" $root "map" .) | nindent 2 }}
  {{- end }}
{{- $annotations := merge (dict) (.annotations | default dict) $root.Values.commonAnnotations }}
{{- with $annotations }}
annotations:
  {{- include "claimgate.tplMap" (dict "root" $root "map" .) | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Labels of the Pods that Claimgate runs in. */}}
{{- define "claimgate.podSelector" -}}
{{- if eq .Values.mode "sidecar" -}}
{{- include "claimgate.tplMap" (dict "root" . "map" .Values.app.podSelector) -}}
{{- else -}}
{{- include "claimgate.selectorLabels" . -}}
{{- end -}}
{{- end }}

{{- define "claimgate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "claimgate.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}

{{- define "claimgate.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s%s@%s" .repository (empty .tag | ternary "" (printf ":%s" .tag)) .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end }}
