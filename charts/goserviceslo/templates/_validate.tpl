{{/* What values.schema.json cannot say in a sentence: values that do not go together, and lengths of time. */}}
{{- define "goslo.validate" -}}
{{- $examples := dict "prometheus" "https://prometheus.monitoring:9090" "rules.ruler" "https://mimir.monitoring/prometheus/config/v1/rules" -}}
{{- range $name, $p := dict "prometheus" .Values.prometheus "rules.ruler" .Values.rules.ruler -}}
{{- if and $p.bearer.secret $p.basic.secret -}}
{{- fail (printf "%s.bearer.secret and %s.basic.secret are both set: leave one of them empty" $name $name) -}}
{{- end -}}
{{- if and $p.tls.ca.secret $p.tls.ca.configMap -}}
{{- fail (printf "%s.tls.ca.secret and %s.tls.ca.configMap are both set: leave one of them empty" $name $name) -}}
{{- end -}}
{{- $access := or $p.bearer.secret $p.basic.secret $p.headers.secret $p.tls.ca.secret $p.tls.ca.configMap $p.tls.insecureSkipVerify -}}
{{- if and $access (not $p.url) -}}
{{- fail (printf "%s.url is empty, but there are settings for reaching it: write it, such as %s" $name (index $examples $name)) -}}
{{- end -}}
{{- if and (or $p.tls.ca.secret $p.tls.ca.configMap $p.tls.insecureSkipVerify) (not (hasPrefix "https://" $p.url)) -}}
{{- fail (printf "%s.tls is set, but %s.url does not start with https://: write https:// or leave %s.tls out" $name $name $name) -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.rules.sink "ruler") (not .Values.rules.ruler.url) -}}
{{- fail "rules.sink is ruler, but rules.ruler.url is empty: write it, such as http://mimir.monitoring/prometheus/config/v1/rules" -}}
{{- end -}}
{{- if and (ne .Values.rules.sink "ruler") .Values.rules.ruler.url -}}
{{- fail "rules.ruler.url is set, but rules go elsewhere: write rules.sink: ruler, or leave rules.ruler.url out" -}}
{{- end -}}
{{- /* The operator's own bounds, see engine/config.py. They stand here, as the schema could not say what to write. */ -}}
{{- if not (regexMatch "^(([1-9]|[1-5][0-9]|60)s|1m)$" .Values.rules.interval) -}}
{{- fail (printf "rules.interval is %s: write 1s to 60s, or 1m, such as 30s" .Values.rules.interval) -}}
{{- end -}}
{{- if not (regexMatch "^(([1-9][0-9]?|1[01][0-9]|120)s|[12]m)$" .Values.measure.interval) -}}
{{- fail (printf "measure.interval is %s: write 1s to 120s, 1m or 2m, such as 15s" .Values.measure.interval) -}}
{{- end -}}
{{- $l := .Values.leaderElection -}}
{{- $lease := int $l.leaseDurationSeconds -}}
{{- $renew := int $l.renewDeadlineSeconds -}}
{{- $retry := int $l.retryPeriodSeconds -}}
{{- /* The operator's own relation: a leader that cannot renew must stop a whole try before its lease ends. */ -}}
{{- if not (and (lt $retry $renew) (lt (add $renew $retry) $lease)) -}}
{{- fail "leaderElection: write retryPeriodSeconds < renewDeadlineSeconds < leaseDurationSeconds - retryPeriodSeconds, such as 2, 9 and 13" -}}
{{- end -}}
{{- if and (not $l.enabled) (gt (int .Values.replicas) 1) -}}
{{- fail "leaderElection.enabled is false with more than one replica: two operators would work at once; write replicas: 1" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled -}}
{{- fail "metrics.serviceMonitor and metrics.podMonitor are both enabled: every series would be scraped twice; enable one" -}}
{{- end -}}
{{- if and .Values.uninstall.giveBack (not .Values.uninstall.release) -}}
{{- fail "uninstall.giveBack is part of what uninstall.release does: write uninstall.release: true beside it" -}}
{{- end -}}
{{- if not (or .Values.serviceAccount.create .Values.serviceAccount.name) -}}
{{- fail "serviceAccount.create is false: write the name of the one to use into serviceAccount.name" -}}
{{- end -}}
{{- end -}}
