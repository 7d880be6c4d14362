{{- /* The file of PROXY_CONFIG_FILE. */}}
{{- define "claimgate.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if and (eq .Values.mode "sidecar") (not (dig "shutdown" "wait" "" $config)) -}}
{{- $config = merge $config (dict "shutdown" (dict "wait" "0s")) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{- define "claimgate.proxyPort" -}}
{{- .Values.config.http.addr | regexFind "[0-9]+$" -}}
{{- end }}

{{- define "claimgate.adminPort" -}}
{{- .Values.config.debug.addr | regexFind "[0-9]+$" -}}
{{- end }}

{{- define "claimgate.upstreamUrl" -}}
{{- dig "upstream" "url" "" .Values.config -}}
{{- end }}

{{- /* Port of a URL, also where it is that of its scheme. */}}
{{- define "claimgate.urlPort" -}}
{{- $url := urlParse . -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end }}

{{- define "claimgate.isLoopback" -}}
{{- if regexMatch "^(localhost|.+\\.localhost|127(\\.[0-9]{1,3}){3}|::1|\\[::1\\])$" (urlParse .).hostname }}true{{ end -}}
{{- end }}

{{- /* Directory of the application's unix socket; empty where it listens on a port. */}}
{{- define "claimgate.socketDir" -}}
{{- $url := include "claimgate.upstreamUrl" . -}}
{{- if hasPrefix "unix:" $url }}{{ trimPrefix "unix:" $url | dir }}{{ end -}}
{{- end }}

{{- /* Port on which the application's Pods listen; empty behind a unix socket. */}}
{{- define "claimgate.appPort" -}}
{{- $url := include "claimgate.upstreamUrl" . -}}
{{- if .Values.app.port -}}
{{- .Values.app.port -}}
{{- else if and $url (not (hasPrefix "unix:" $url)) -}}
{{- include "claimgate.urlPort" $url -}}
{{- end -}}
{{- end }}

{{- /* Addresses of the applications that single rules name, as a JSON list. */}}
{{- define "claimgate.ruleUpstreams" -}}
{{- $urls := list -}}
{{- range .Values.config.rules | default list -}}
{{- $urls = concat $urls (compact (list (.upstream | default ""))) -}}
{{- end -}}
{{- $urls | uniq | toJson -}}
{{- end }}

{{- /* Ports that nobody but Claimgate may reach in a sidecar's Pod, as a JSON list of texts. */}}
{{- define "claimgate.appPorts" -}}
{{- $ports := compact (list (include "claimgate.appPort" .)) -}}
{{- range include "claimgate.ruleUpstreams" . | fromJsonArray -}}
{{- if and (not (hasPrefix "unix:" .)) (include "claimgate.isLoopback" .) -}}
{{- $ports = append $ports (include "claimgate.urlPort" .) -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end }}

{{- /* Not empty where nobody signs in, and requests bring access tokens. */}}
{{- define "claimgate.isBearerOnly" -}}
{{- if eq (.Values.config.auth_mode | default "oidc") "bearer-only" }}true{{ end -}}
{{- end }}

{{- define "claimgate.publicHost" -}}
{{- (urlParse .Values.config.public_url).hostname -}}
{{- end }}

{{- /* Addresses of providers in the configuration, as a JSON list. */}}
{{- define "claimgate.providerUrls" -}}
{{- $urls := list -}}
{{- range prepend (.Values.config.providers | default list) (.Values.config.oidc | default dict) -}}
{{- $urls = concat $urls (compact (list (.issuer | default "") (.discovery_url | default ""))) (values (.endpoints | default dict)) -}}
{{- end -}}
{{- $urls | uniq | toJson -}}
{{- end }}

{{- /* The variables of `secretKeys` that are in use, with the Secret and the key of each, as a JSON list. */}}
{{- define "claimgate.secretFiles" -}}
{{- $files := list -}}
{{- range $variable, $where := .Values.secretKeys -}}
{{- if $where -}}
{{- $secret := contains "/" $where | ternary (dir $where) (tpl $.Values.existingSecret $) -}}
{{- $files = append $files (dict "file" $variable "secret" $secret "key" (base $where) "variable" true) -}}
{{- end -}}
{{- end -}}
{{- range .Values.secretFiles -}}
{{- $files = append $files . -}}
{{- end -}}
{{- $files | toJson -}}
{{- end }}

{{- /* A duration such as 1m30s in whole seconds, rounded up. */}}
{{- define "claimgate.seconds" -}}
{{- $total := 0 -}}
{{- range regexFindAll "[0-9]+(ms|h|m|s)" . -1 -}}
{{- $unit := get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) (regexFind "[a-z]+$" .) -}}
{{- $total = add $total (mul (regexFind "^[0-9]+" . | atoi) $unit) -}}
{{- end -}}
{{- div (add $total 999) 1000 -}}
{{- end }}

{{- /* What the steps of a shutdown need together, in seconds. */}}
{{- define "claimgate.neededGrace" -}}
{{- $config := include "claimgate.config" . | fromYaml -}}
{{- $own := add (include "claimgate.seconds" (dig "shutdown" "wait" "5s" $config) | atoi) (include "claimgate.seconds" (dig "shutdown" "grace" "20s" $config) | atoi) .Values.drain.marginSeconds -}}
{{- if eq .Values.mode "sidecar" -}}
{{- add $own .Values.app.preStopSeconds .Values.app.shutdownSeconds -}}
{{- else -}}
{{- $own -}}
{{- end -}}
{{- end }}

{{- define "claimgate.grace" -}}
{{- .Values.terminationGracePeriodSeconds | default (include "claimgate.neededGrace" .) -}}
{{- end }}
