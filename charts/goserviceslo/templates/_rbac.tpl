{{/*
What the operator may do where it serves resources; the rules of a ClusterRole, or of a Role in each watched namespace.
Discovery is open to everyone, and nothing here reads Secrets, pods or the template of anything but Deployments.
*/}}
{{- define "goslo.rulesForTeams" -}}
- apiGroups: [goslo.dev]
  resources: [goserviceslos]
  # patch: the finalizer of those resources that have something to give back.
  verbs: [get, list, watch, patch]
- apiGroups: [goslo.dev]
  resources: [goserviceslos/status]
  verbs: [patch]
- apiGroups: [apps]
  resources: [deployments]
  # patch: server-side apply of the variables of the Go runtime.
  verbs: [get, list, watch, patch]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [keda.sh]
  resources: [scaledobjects]
  # Read only: a target that KEDA scales already is left alone.
  verbs: [get, list, watch]
{{- if has .Values.rules.sink (list "auto" "prometheusrule") }}
- apiGroups: [monitoring.coreos.com]
  resources: [prometheusrules]
  verbs: [get, list, watch, create, patch, delete]
{{- end }}
{{- if .Values.maintenance.configMaps }}
- apiGroups: [""]
  resources: [configmaps]
  {{- with .Values.maintenance.configMapNames }}
  resourceNames: {{ toJson . }}
  {{- end }}
  # Maintenance windows: only the ConfigMap that a GoServiceSLO of its namespace names, by that name.
  verbs: [get]
{{- end }}
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end -}}

{{/* What the operator may do in its own namespace: with its own objects only, but RBAC cannot say so of creation. */}}
{{- define "goslo.rulesAtHome" -}}
{{- if .Values.leaderElection.enabled }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [goslo-operator]
  verbs: [get, update]
{{- end }}
{{- if has .Values.rules.sink (list "auto" "configmap") }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [create]
- apiGroups: [""]
  resources: [configmaps]
  resourceNames:
    {{- range until (int .Values.rules.shards) }}
    - goslo-rules-{{ . }}
    {{- end }}
  verbs: [get, patch]
{{- end }}
{{- end -}}

{{/* What `goslo release` may do before an uninstall: take finalizers off resources, ... */}}
{{- define "goslo.rulesForRelease" -}}
- apiGroups: [goslo.dev]
  resources: [goserviceslos]
  verbs: [get, list, patch]
{{- if .Values.uninstall.giveBack }}
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, patch]
{{- end }}
{{- end -}}

{{/* ... and bring the operator, which would put them back, to rest. */}}
{{- define "goslo.rulesForReleaseAtHome" -}}
- apiGroups: [apps]
  resources: [deployments]
  resourceNames: [{{ include "goslo.fullname" . }}]
  verbs: [get]
- apiGroups: [apps]
  resources: [deployments/scale]
  resourceNames: [{{ include "goslo.fullname" . }}]
  verbs: [patch]
- apiGroups: [""]
  resources: [pods]
  # A pod that is being terminated is in no replica count, and its process may still write.
  verbs: [list]
{{- end -}}

{{/*
A role and its binding to a service account of the release's namespace.
Use: include "goslo.grant" (dict "namespace" "shop" "name" "…" "account" "…" "home" "…" "metadata" "…" "rules" "…")
where an empty namespace means all of them, and metadata and rules are YAML.
*/}}
{{- define "goslo.grant" -}}
{{- $kind := ternary "Role" "ClusterRole" (ne .namespace "") -}}
{{- range $part := list $kind (print $kind "Binding") }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $part }}
metadata:
  name: {{ $.name }}
  {{- with $.namespace }}
  namespace: {{ . }}
  {{- end }}
  {{- $.metadata | nindent 2 }}
{{- if eq $part $kind }}
rules:
  {{- $.rules | trim | default "[]" | nindent 2 }}
{{- else }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ $.name }}
subjects:
  - kind: ServiceAccount
    name: {{ $.account }}
    namespace: {{ $.home }}
{{- end }}
{{- end }}
{{- end -}}
