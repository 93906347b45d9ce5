{{/* The operator's arguments, one a line. */}}
{{- define "goslo.args" -}}
{{- $args := list "run" "--listen=0.0.0.0:8080" -}}
{{- range .Values.watch.namespaces -}}
{{- $args = append $args (printf "--namespace=%s" .) -}}
{{- end -}}
{{- range $name, $server := include "goslo.servers" . | fromYaml -}}
{{- with $server -}}
{{- $access := printf "/etc/goslo/%s" $name -}}
{{- if .url -}}
{{- $args = append $args (printf "--%s-url=%s" $name .url) -}}
{{- end -}}
{{- if or .tls.ca.secret .tls.ca.configMap -}}
{{- $args = append $args (printf "--%s-ca-file=%s/ca.crt" $name $access) -}}
{{- end -}}
{{- if .tls.insecureSkipVerify -}}
{{- $args = append $args (printf "--%s-insecure-skip-verify" $name) -}}
{{- end -}}
{{- if .bearer.secret -}}
{{- $args = append $args (printf "--%s-bearer-file=%s/token" $name $access) -}}
{{- end -}}
{{- if .basic.secret -}}
{{- $args = append $args (printf "--%s-basic-user-file=%s/username" $name $access) -}}
{{- $args = append $args (printf "--%s-basic-password-file=%s/password" $name $access) -}}
{{- end -}}
{{- if .headers.secret -}}
{{- $args = append $args (printf "--%s-header-dir=%s-headers" $name $access) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $args = append $args (printf "--rules-sink=%s" .Values.rules.sink) -}}
{{- $args = append $args (printf "--rules-shards=%d" (int .Values.rules.shards)) -}}
{{- $args = append $args (printf "--rules-interval=%s" .Values.rules.interval) -}}
{{- with .Values.rules.lag -}}
{{- $args = append $args (printf "--rules-lag=%s" .) -}}
{{- end -}}
{{- if .Values.rules.ruler.url -}}
{{- $args = append $args (printf "--ruler-prefix=%s" .Values.rules.ruler.prefix) -}}
{{- end -}}
{{- range $name, $value := .Values.rules.labels -}}
{{- $args = append $args (printf "--rules-label=%s=%s" $name $value) -}}
{{- end -}}
{{- $args = append $args (printf "--measure-interval=%s" .Values.measure.interval) -}}
{{- $args = append $args (printf "--workers=%d" (int .Values.workers)) -}}
{{- with .Values.leaderElection -}}
{{- if .enabled -}}
{{- $args = append $args (printf "--lease-duration=%ds" (int .leaseDurationSeconds)) -}}
{{- $args = append $args (printf "--lease-renew-deadline=%ds" (int .renewDeadlineSeconds)) -}}
{{- $args = append $args (printf "--lease-retry-period=%ds" (int .retryPeriodSeconds)) -}}
{{- else -}}
{{- $args = append $args "--no-leader-election" -}}
{{- end -}}
{{- end -}}
{{- $args = append $args (printf "--log-format=%s" .Values.log.format) -}}
{{- $args = append $args (printf "--log-level=%s" .Values.log.level) -}}
{{- toYaml $args -}}
{{- end -}}

{{/* The servers that the operator talks to beside the API server, with the settings for reaching each. */}}
{{- define "goslo.servers" -}}
{{- dict "prometheus" .Values.prometheus "ruler" .Values.rules.ruler | toYaml -}}
{{- end -}}

{{/* Secrets and a CA as files; empty where no server needs any. The kubelet renews them when they change. */}}
{{- define "goslo.accessVolumes" -}}
{{- range $name, $server := include "goslo.servers" . | fromYaml -}}
{{- with $server -}}
{{- if or .tls.ca.secret .tls.ca.configMap .bearer.secret .basic.secret }}
- name: {{ $name }}
  projected:
    defaultMode: 0440
    sources:
      {{- if .tls.ca.secret }}
      - secret:
          name: {{ .tls.ca.secret }}
          items: [{key: {{ .tls.ca.key | quote }}, path: ca.crt}]
      {{- end }}
      {{- if .tls.ca.configMap }}
      - configMap:
          name: {{ .tls.ca.configMap }}
          items: [{key: {{ .tls.ca.key | quote }}, path: ca.crt}]
      {{- end }}
      {{- if .bearer.secret }}
      - secret:
          name: {{ .bearer.secret }}
          items: [{key: {{ .bearer.key | quote }}, path: token}]
      {{- end }}
      {{- if .basic.secret }}
      - secret:
          name: {{ .basic.secret }}
          items:
            - {key: {{ .basic.usernameKey | quote }}, path: username}
            - {key: {{ .basic.passwordKey | quote }}, path: password}
      {{- end }}
{{- end }}
{{- if .headers.secret }}
- name: {{ $name }}-headers
  secret:
    secretName: {{ .headers.secret }}
    defaultMode: 0440
{{- end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "goslo.affinity" -}}
{{- if .Values.affinity -}}
{{- toYaml .Values.affinity -}}
{{- else if eq .Values.antiAffinity "required" -}}
podAntiAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    - topologyKey: kubernetes.io/hostname
      labelSelector:
        matchLabels:
          {{- include "goslo.selector" . | nindent 10 }}
{{- else if eq .Values.antiAffinity "preferred" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "goslo.selector" . | nindent 12 }}
{{- end -}}
{{- end -}}

{{- define "goslo.topologySpread" -}}
{{- $selector := dict "matchLabels" (include "goslo.selector" . | fromYaml) -}}
{{- range .Values.topologySpreadConstraints }}
- {{- ternary . (set (deepCopy .) "labelSelector" $selector) (hasKey . "labelSelector") | toYaml | nindent 2 }}
{{- end -}}
{{- end -}}
