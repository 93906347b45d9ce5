{{- define "goslo.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of the chart's objects; 50 characters leave room for suffixes within 63. */}}
{{- define "goslo.fullname" -}}
{{- $name := include "goslo.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Cluster-wide objects name the namespace too, so that releases of one name in two namespaces do not fight. */}}
{{- define "goslo.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "goslo.fullname" .) -}}
{{- end -}}

{{- define "goslo.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "goslo.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What selects the operator's pods, and only them; it can never change in an upgrade. */}}
{{- define "goslo.selector" -}}
app.kubernetes.io/name: {{ include "goslo.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* Labels of every pod. Use: include "goslo.podLabels" (list $ "component") */}}
{{- define "goslo.podLabels" -}}
{{- $root := index . 0 -}}
{{- $own := dict
  "app.kubernetes.io/name" (include "goslo.name" $root)
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/component" (index . 1)
  "app.kubernetes.io/part-of" "goserviceslo"
  "app.kubernetes.io/version" $root.Chart.AppVersion
  "app.kubernetes.io/managed-by" $root.Release.Service
-}}
{{- toYaml (merge $own $root.Values.commonLabels) -}}
{{- end -}}

{{/* Labels of every object: those of pods, and the chart's version, which shall restart no pod. */}}
{{- define "goslo.labels" -}}
{{- $chart := (index . 0).Chart -}}
{{- include "goslo.podLabels" . }}
helm.sh/chart: {{ printf "%s-%s" $chart.Name ($chart.Version | replace "+" "_") }}
{{- end -}}
