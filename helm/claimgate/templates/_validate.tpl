{{- /* Refuses values that contradict each other or leave something open: every problem at once, each with its cure. */}}
{{- define "claimgate.validate" -}}
{{- $problems := list -}}
{{- range list "claimgate.checkMode" "claimgate.checkImage" "claimgate.checkConfig" "claimgate.checkUpstream" "claimgate.checkSecrets" "claimgate.checkWeakening" "claimgate.checkObjects" -}}
{{- $problems = concat $problems (include . $ | fromJsonArray) -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n\nThe values of claimgate do not fit:\n  - %s\n" (join "\n  - " $problems)) -}}
{{- end -}}
{{- end }}

{{- define "claimgate.checkMode" -}}
{{- $p := list -}}
{{- if .Values.forwardAuth.enabled -}}
{{- $p = append $p "forwardAuth.enabled is true, but Claimgate cannot answer authentication requests of another proxy yet; set it to false and use mode standalone or sidecar" -}}
{{- end -}}
{{- if eq .Values.mode "sidecar" -}}
{{- if not .Values.app.podSelector -}}
{{- $p = append $p "app.podSelector is empty, so Service and network policy would not find your Pods; set it to the labels in your Deployment's spec.selector.matchLabels" -}}
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- $p = append $p "autoscaling.enabled is true in mode sidecar; scale your own Deployment and leave it false here" -}}
{{- end -}}
{{- if .Values.app.namespace -}}
{{- $p = append $p "app.namespace is set in mode sidecar, where the application is in the same Pod; leave it empty" -}}
{{- end -}}
{{- end -}}
{{- $p | toJson -}}
{{- end }}

{{- define "claimgate.checkImage" -}}
{{- $p := list -}}
{{- with .Values.image -}}
{{- if not .repository -}}
{{- $p = append $p "image.repository is empty; build the image as the Dockerfile says, push it, and name it here, as in registry.example.com/claimgate" -}}
{{- end -}}
{{- if not (or .digest (eq .unpinned "allowed")) -}}
{{- $p = append $p "image.digest is empty, so the image could change under the same name; set it to the sha256:... of your image, or set image.unpinned to allowed for a try" -}}
{{- end -}}
{{- end -}}
{{- $p | toJson -}}
{{- end }}

{{- define "claimgate.checkConfig" -}}
{{- $p := list -}}
{{- $config := .Values.config -}}
{{- if not $config.public_url -}}
{{- $p = append $p "config.public_url is missing; set it to the address that people type, as in https://app.example.com" -}}
{{- else if and (hasPrefix "http://" $config.public_url) (not (include "claimgate.isLoopback" $config.public_url)) -}}
{{- $p = append $p "config.public_url is plain http, and session cookies do not belong there; make it https and let your ingress end TLS" -}}
{{- end -}}
{{- $urls := include "claimgate.providerUrls" . | fromJsonArray -}}
{{- $oidc := $config.oidc | default dict -}}
{{- $isKnown := has ($oidc.provider | default "") (list "github" "qq" "guance") -}}
{{- if not (or $urls $isKnown $oidc.metadata $oidc.metadata_file $oidc.oauth2_template .Values.secretKeys.PROXY_OIDC_TEMPLATE $config.providers) -}}
{{- $p = append $p "config.oidc.issuer is missing; set it to the issuer of your provider, exactly as in its discovery document" -}}
{{- end -}}
{{- range $urls -}}
{{- if and (hasPrefix "http://" .) (not (include "claimgate.isLoopback" .)) -}}
{{- $p = append $p (printf "%s in config is plain http, so that tokens and keys could be forged on the way; use the https address of the provider, with config.oidc.ca_file for a private certificate authority" .) -}}
{{- end -}}
{{- end -}}
{{- if not (or (dig "oidc" "client_id" "" $config) $config.providers .Values.secretKeys.PROXY_OIDC_TEMPLATE (include "claimgate.isBearerOnly" .)) -}}
{{- $p = append $p "config.oidc.client_id is missing; set it to the client id that is registered at the provider" -}}
{{- end -}}
{{- range $key, $address := dict "http" $config.http.addr "debug" $config.debug.addr -}}
{{- if hasPrefix "localhost:" $address | or (hasPrefix "127." $address) | or (hasPrefix "[::1]" $address) -}}
{{- $p = append $p (printf "config.%s.addr is %s, which neither Service nor kubelet can reach in a Pod; write 0.0.0.0:<port>, or [::]:<port> for IPv6" $key $address) -}}
{{- end -}}
{{- end -}}
{{- if eq (include "claimgate.proxyPort" .) (include "claimgate.adminPort" .) -}}
{{- $p = append $p "config.http.addr and config.debug.addr have the same port; give the admin port another one, such as 0.0.0.0:9205" -}}
{{- end -}}
{{- $needed := include "claimgate.neededGrace" . | atoi -}}
{{- with .Values.terminationGracePeriodSeconds -}}
{{- if lt (int .) $needed -}}
{{- $p = append $p (printf "terminationGracePeriodSeconds is %d, but the steps of a shutdown need %d together; leave it out, or shorten config.shutdown.grace%s" (int .) $needed (eq $.Values.mode "sidecar" | ternary " or app.shutdownSeconds" "")) -}}
{{- end -}}
{{- end -}}
{{- $p | toJson -}}
{{- end }}

{{- define "claimgate.checkUpstream" -}}
{{- $p := list -}}
{{- $url := include "claimgate.upstreamUrl" . -}}
{{- $isUnix := hasPrefix "unix:" $url -}}
{{- $ports := list (include "claimgate.proxyPort" .) (include "claimgate.adminPort" .) -}}
{{- if not $url -}}
{{- $p = append $p (printf "config.upstream.url is missing; set it to the address of the application, as in %s" (eq .Values.mode "sidecar" | ternary "http://127.0.0.1:3000" "http://app:3000")) -}}
{{- else if eq .Values.mode "sidecar" -}}
{{- if not (or $isUnix (include "claimgate.isLoopback" $url)) -}}
{{- $p = append $p (printf "config.upstream.url is %s, but a sidecar reaches the application inside of its Pod; write http://127.0.0.1:<port> or unix:/run/app/http.sock and let the application listen there only" $url) -}}
{{- else -}}
{{- range include "claimgate.appPorts" . | fromJsonArray -}}
{{- if has . $ports -}}
{{- $p = append $p (printf "config names an application on port %s, which is one of Claimgate's own in that Pod, and the Service would lead to whoever starts first; let the application listen on another port, or change config.http.addr or config.debug.addr" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- else if or $isUnix (include "claimgate.isLoopback" $url) -}}
{{- $p = append $p (printf "config.upstream.url is %s, which leads to Claimgate's own Pod; name the Service of the application, or use mode sidecar" $url) -}}
{{- else if eq (urlParse $url).hostname (printf "%s" (include "claimgate.fullname" .)) -}}
{{- $p = append $p "config.upstream.url names Claimgate's own Service, so that requests would go round in a circle; name the Service of the application" -}}
{{- end -}}
{{- if and (eq .Values.mode "standalone") $url .Values.networkPolicy.enabled (not .Values.networkPolicy.egress.upstream.to) -}}
{{- $namespace := regexReplaceAll "^[^.]+[.]([^.]+)[.]svc([.].*)?$|^.*$" (urlParse $url).hostname "${1}" -}}
{{- if and $namespace (ne $namespace (.Values.app.namespace | default (include "claimgate.namespace" .))) -}}
{{- $p = append $p (printf "config.upstream.url names a Service in the namespace %s, to which the network policy lets nothing through; set app.namespace to %s" $namespace $namespace) -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.mode "standalone" -}}
{{- range include "claimgate.ruleUpstreams" . | fromJsonArray -}}
{{- if or (hasPrefix "unix:" .) (include "claimgate.isLoopback" .) -}}
{{- $p = append $p (printf "a rule in config names %s, which leads to Claimgate's own Pod; name the Service of that application" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $p | toJson -}}
{{- end }}

{{- define "claimgate.checkSecrets" -}}
{{- $p := list -}}
{{- $open := list -}}
{{- range $variable, $where := .Values.secretKeys -}}
{{- if and $where (not (contains "/" $where)) }}{{ $open = append $open $variable }}{{ end -}}
{{- end -}}
{{- if and $open (not .Values.existingSecret) -}}
{{- $p = append $p (printf "existingSecret is empty, but %s shall come from it; make a Secret (docs/kubernetes.md shows how) and name it here" (join " and " $open)) -}}
{{- end -}}
{{- if not (or .Values.secretKeys.PROXY_SESSION_SECRET (include "claimgate.isBearerOnly" .)) -}}
{{- $p = append $p "secretKeys.PROXY_SESSION_SECRET is empty, and there are no sessions without it; name the key of existingSecret that holds it" -}}
{{- end -}}
{{- range .Values.env -}}
{{- if regexMatch "^(PROXY|OC|WEB_OIDC)_" .name -}}
{{- $p = append $p (printf "env sets %s, which would override what the other values say; write it into config, or name it in secretKeys if it is a secret" .name) -}}
{{- else if has .name (list "NODE_TLS_REJECT_UNAUTHORIZED" "NODE_OPTIONS" "LD_PRELOAD" "CONFIG_CHECKSUM") -}}
{{- $p = append $p (printf "env sets %s, which can switch protections off; remove it, and use config.oidc.ca_file or NODE_EXTRA_CA_CERTS for a private certificate authority" .name) -}}
{{- end -}}
{{- end -}}
{{- $p | toJson -}}
{{- end }}

{{- define "claimgate.checkWeakening" -}}
{{- $p := list -}}
{{- $found := list -}}
{{- if dig "oidc" "insecure" false .Values.config }}{{ $found = append $found "oidc.insecure" }}{{ end -}}
{{- range .Values.config.providers | default list -}}
{{- if .insecure }}{{ $found = append $found "oidc.insecure" }}{{ end -}}
{{- end -}}
{{- if .Values.config.insecure_backends }}{{ $found = append $found "insecure_backends" }}{{ end -}}
{{- range $found | uniq -}}
{{- if not (has . $.Values.acceptInsecure) -}}
{{- $p = append $p (printf "config says %s: true, which accepts any certificate; give the authority as a file instead (%s), or add %s to acceptInsecure" . (eq . "oidc.insecure" | ternary "oidc.ca_file" "backend_https_cacert") .) -}}
{{- end -}}
{{- end -}}
{{- $weak := list -}}
{{- with .Values.securityContext -}}
{{- if .privileged }}{{ $weak = append $weak "privileged" }}{{ end -}}
{{- if not (eq (toString .allowPrivilegeEscalation) "false") }}{{ $weak = append $weak "allowPrivilegeEscalation" }}{{ end -}}
{{- if not .runAsNonRoot }}{{ $weak = append $weak "runAsNonRoot" }}{{ end -}}
{{- if not .readOnlyRootFilesystem }}{{ $weak = append $weak "readOnlyRootFilesystem" }}{{ end -}}
{{- if not (has "ALL" (dig "capabilities" "drop" list .)) }}{{ $weak = append $weak "capabilities.drop" }}{{ end -}}
{{- if dig "capabilities" "add" list . }}{{ $weak = append $weak "capabilities.add" }}{{ end -}}
{{- if not (has (dig "seccompProfile" "type" "" .) (list "RuntimeDefault" "Localhost")) }}{{ $weak = append $weak "seccompProfile" }}{{ end -}}
{{- end -}}
{{- if and $weak (not (has "securityContext" .Values.acceptInsecure)) -}}
{{- $p = append $p (printf "securityContext weakens %s, and Claimgate needs none of that; leave the defaults, or add securityContext to acceptInsecure" (join ", " $weak)) -}}
{{- end -}}
{{- $p | toJson -}}
{{- end }}

{{- define "claimgate.checkObjects" -}}
{{- $p := list -}}
{{- $sidecar := eq .Values.mode "sidecar" -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- $p = append $p "httpRoute.parentRefs is empty, so the route belongs to no gateway; add one, as in [{name: public, namespace: gateways}]" -}}
{{- end -}}
{{- with .Values.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- $p = append $p (printf "autoscaling.minReplicas is %d and maxReplicas %d; raise maxReplicas" (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- if and .enabled (not (or .cpu .memory)) -}}
{{- $p = append $p "autoscaling has neither cpu nor memory to go by; set autoscaling.cpu" -}}
{{- end -}}
{{- end -}}
{{- $monitored := or .Values.metrics.podMonitor.enabled .Values.metrics.serviceMonitor.enabled -}}
{{- if and .Values.metrics.podMonitor.enabled .Values.metrics.serviceMonitor.enabled -}}
{{- $p = append $p "metrics.podMonitor and metrics.serviceMonitor are both on, so everything would be counted twice; keep one of them" -}}
{{- end -}}
{{- if and $monitored .Values.networkPolicy.enabled (not .Values.networkPolicy.metricsNamespace) -}}
{{- $p = append $p "networkPolicy.metricsNamespace is empty, so Prometheus cannot reach the admin port; set it to the namespace of your Prometheus" -}}
{{- end -}}
{{- with .Values.service -}}
{{- if and (or (has "IPv6" .ipFamilies) (eq .ipFamilyPolicy "RequireDualStack")) (not (hasPrefix "[::]:" $.Values.config.http.addr)) -}}
{{- $p = append $p (printf "service wants IPv6, but config.http.addr is %s; write [::]:%s, which serves both families" $.Values.config.http.addr (include "claimgate.proxyPort" $)) -}}
{{- end -}}
{{- end -}}
{{- if $sidecar -}}
{{- range $appPort := include "claimgate.appPorts" . | fromJsonArray -}}
{{- range $.Values.networkPolicy.extraIngress -}}
{{- $opens := not .ports -}}
{{- range .ports -}}
{{- if or (not (hasKey . "port")) (kindIs "string" .port) (and (le (int .port) (int $appPort)) (le (int $appPort) (int (.endPort | default .port)))) }}{{ $opens = true }}{{ end -}}
{{- end -}}
{{- if $opens -}}
{{- $p = append $p (printf "networkPolicy.extraIngress opens port %s, on which the application listens, or all ports; name other ports by number" $appPort) -}}
{{- end -}}
{{- end -}}
{{- range $.Values.extraObjects -}}
{{- $object := tpl (kindIs "string" . | ternary . (toYaml .)) $ | fromYaml -}}
{{- if eq (toString $object.kind) "Service" -}}
{{- range (dig "spec" "ports" list $object) -}}
{{- if eq (toString (.targetPort | default .port)) $appPort -}}
{{- $p = append $p (printf "the Service %s in extraObjects leads to port %s, where the application listens, and so around Claimgate; use the Service of this chart" $object.metadata.name $appPort) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $p | toJson -}}
{{- end }}
