{{- define "lockbox.labels" -}}
app.kubernetes.io/name: lockbox
{{- end }}

{{- define "lockbox.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Of every pod: nobody's account, no privilege. */}}
{{- define "lockbox.pod" -}}
serviceAccountName: lockbox
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Of every container. */}}
{{- define "lockbox.container" -}}
image: {{ include "lockbox.image" . }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
envFrom:
  - configMapRef: {name: lockbox}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: secrets, mountPath: /run/secrets/lockbox, readOnly: true}
{{- end }}

{{/* A worker's Deployment. Takes root, name, replicas, env (a list), ports (a list). */}}
{{- define "lockbox.worker" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: lockbox-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "lockbox.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .name }}
spec:
  replicas: {{ .replicas }}
  minReadySeconds: 5
  progressDeadlineSeconds: 1800
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- include "lockbox.labels" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .name }}
  template:
    metadata:
      labels:
        {{- include "lockbox.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .name }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "8080"
        checksum/settings: {{ .root.Values.settings | toYaml | sha256sum }}
    spec:
      {{- include "lockbox.pod" .root | nindent 6 }}
      terminationGracePeriodSeconds: 15
      containers:
        - name: worker
          {{- include "lockbox.container" .root | nindent 10 }}
          args: [{{ .name }}]
          env: {{ toYaml .env | nindent 12 }}
          ports: {{ toYaml .ports | nindent 12 }}
          # Not ready is no reason to be killed: a worker waits for what is down.
          readinessProbe:
            httpGet: {path: /readyz, port: probes}
            periodSeconds: 5
          livenessProbe:
            httpGet: {path: /healthz, port: probes}
            periodSeconds: 10
            failureThreshold: 6
          resources: {{ toYaml .root.Values.resources | nindent 12 }}
      volumes:
        - name: secrets
          secret: {secretName: lockbox-{{ .name }}, defaultMode: 0440}
{{- end }}

{{/* A drained node takes one of a kind at a time. Takes root, name. */}}
{{- define "lockbox.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: lockbox-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lockbox.labels" .root | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "lockbox.labels" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .name }}
{{- end }}
