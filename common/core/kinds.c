/* The kinds that Kubernetes 1.36, OpenShift 4 and its operators serve, as Kind.group and sorted;
 * kinds of the core group without a group. A missing kind is accepted as written. Sources:
 * k8s.io/api, github.com/openshift/api, and the APIs of OpenShift's operators. Pure. */
#include "core/kinds.h"

#include <stdbool.h>
#include <string.h>

/* clang-format off */
static const char *const kinds[] = {
    "APIRequestCount.apiserver.openshift.io", "APIServer.config.openshift.io", "APIService.apiregistration.k8s.io",
    "AdminNetworkPolicy.policy.networking.k8s.io", "AdminPolicyBasedExternalRoute.k8s.ovn.org",
    "AlertRelabelConfig.monitoring.openshift.io", "AlertingRule.monitoring.openshift.io",
    "Alertmanager.monitoring.coreos.com", "AlertmanagerConfig.monitoring.coreos.com",
    "AppliedClusterResourceQuota.quota.openshift.io", "Authentication.config.openshift.io",
    "Authentication.operator.openshift.io", "Backup.config.openshift.io", "BareMetalHost.metal3.io",
    "BaselineAdminNetworkPolicy.policy.networking.k8s.io", "Binding", "BrokerTemplateInstance.template.openshift.io",
    "Build.build.openshift.io", "Build.config.openshift.io", "BuildConfig.build.openshift.io",
    "BuildLog.build.openshift.io", "BuildRequest.build.openshift.io",
    "CRIOCredentialProviderConfig.config.openshift.io", "CSIDriver.storage.k8s.io", "CSINode.storage.k8s.io",
    "CSISnapshotController.operator.openshift.io", "CSIStorageCapacity.storage.k8s.io",
    "CatalogSource.operators.coreos.com", "CertificateSigningRequest.certificates.k8s.io",
    "CloudCredential.operator.openshift.io", "CloudPrivateIPConfig.cloud.network.openshift.io",
    "Cluster.aro.openshift.io", "Cluster.cluster.x-k8s.io", "ClusterAPI.operator.openshift.io",
    "ClusterAutoscaler.autoscaling.openshift.io", "ClusterCSIDriver.operator.openshift.io",
    "ClusterImagePolicy.config.openshift.io", "ClusterMonitoring.config.openshift.io",
    "ClusterNetwork.network.openshift.io", "ClusterOperator.config.openshift.io",
    "ClusterResourceQuota.quota.openshift.io", "ClusterRole.authorization.openshift.io",
    "ClusterRole.rbac.authorization.k8s.io", "ClusterRoleBinding.authorization.openshift.io",
    "ClusterRoleBinding.rbac.authorization.k8s.io", "ClusterServiceVersion.operators.coreos.com",
    "ClusterTrustBundle.certificates.k8s.io", "ClusterUserDefinedNetwork.k8s.ovn.org",
    "ClusterVersion.config.openshift.io", "ClusterVersionOperator.operator.openshift.io",
    "CompatibilityRequirement.apiextensions.openshift.io", "ComponentStatus",
    "Config.imageregistry.operator.openshift.io", "Config.operator.openshift.io",
    "Config.samples.operator.openshift.io", "ConfigMap", "Console.config.openshift.io",
    "Console.operator.openshift.io", "ConsoleCLIDownload.console.openshift.io",
    "ConsoleExternalLogLink.console.openshift.io", "ConsoleLink.console.openshift.io",
    "ConsoleNotification.console.openshift.io", "ConsolePlugin.console.openshift.io",
    "ConsoleQuickStart.console.openshift.io", "ConsoleSample.console.openshift.io",
    "ConsoleYAMLSample.console.openshift.io", "ContainerRuntimeConfig.machineconfiguration.openshift.io",
    "ControlPlaneMachineSet.machine.openshift.io", "ControllerConfig.machineconfiguration.openshift.io",
    "ControllerRevision.apps", "CredentialsRequest.cloudcredential.openshift.io", "CronJob.batch",
    "CustomResourceDefinition.apiextensions.k8s.io", "DNS.config.openshift.io", "DNS.operator.openshift.io",
    "DNSNameResolver.network.openshift.io", "DNSRecord.ingress.operator.openshift.io", "DaemonSet.apps",
    "DataGather.insights.openshift.io", "Deployment.apps", "DeploymentConfig.apps.openshift.io",
    "DeploymentConfigRollback.apps.openshift.io", "DeploymentLog.apps.openshift.io",
    "DeploymentRequest.apps.openshift.io", "DeviceClass.resource.k8s.io", "DeviceTaintRule.resource.k8s.io",
    "EgressFirewall.k8s.ovn.org", "EgressIP.k8s.ovn.org", "EgressNetworkPolicy.network.openshift.io",
    "EgressQoS.k8s.ovn.org", "EgressRouter.network.operator.openshift.io", "EgressService.k8s.ovn.org",
    "EndpointSlice.discovery.k8s.io", "Endpoints", "Etcd.operator.openshift.io", "EtcdBackup.operator.openshift.io",
    "Event", "Event.events.k8s.io", "Eviction.policy", "FeatureGate.config.openshift.io",
    "FlowSchema.flowcontrol.apiserver.k8s.io", "GRPCRoute.gateway.networking.k8s.io",
    "Gateway.gateway.networking.k8s.io", "GatewayClass.gateway.networking.k8s.io", "Group.user.openshift.io",
    "HTTPRoute.gateway.networking.k8s.io", "HelmChartRepository.helm.openshift.io",
    "HorizontalPodAutoscaler.autoscaling", "HostSubnet.network.openshift.io", "IPAddress.networking.k8s.io",
    "IPPool.whereabouts.cni.cncf.io", "Identity.user.openshift.io", "Image.config.openshift.io",
    "Image.image.openshift.io", "ImageContentPolicy.config.openshift.io",
    "ImageContentSourcePolicy.operator.openshift.io", "ImageDigestMirrorSet.config.openshift.io",
    "ImagePolicy.config.openshift.io", "ImagePruner.imageregistry.operator.openshift.io",
    "ImageSignature.image.openshift.io", "ImageStream.image.openshift.io", "ImageStreamImage.image.openshift.io",
    "ImageStreamImport.image.openshift.io", "ImageStreamLayers.image.openshift.io",
    "ImageStreamMapping.image.openshift.io", "ImageStreamTag.image.openshift.io", "ImageTag.image.openshift.io",
    "ImageTagMirrorSet.config.openshift.io", "Infrastructure.config.openshift.io", "Ingress.config.openshift.io",
    "Ingress.networking.k8s.io", "Ingress.operator.openshift.io", "IngressClass.networking.k8s.io",
    "IngressController.operator.openshift.io", "InsightsDataGather.config.openshift.io",
    "InsightsOperator.operator.openshift.io", "InstallPlan.operators.coreos.com",
    "InternalReleaseImage.machineconfiguration.openshift.io",
    "IsPersonalSubjectAccessReview.authorization.openshift.io", "Job.batch", "KubeAPIServer.operator.openshift.io",
    "KubeControllerManager.operator.openshift.io", "KubeScheduler.operator.openshift.io",
    "KubeStorageVersionMigrator.operator.openshift.io", "KubeletConfig.machineconfiguration.openshift.io",
    "Lease.coordination.k8s.io", "LeaseCandidate.coordination.k8s.io", "LimitRange",
    "LocalResourceAccessReview.authorization.openshift.io", "LocalSubjectAccessReview.authorization.k8s.io",
    "LocalSubjectAccessReview.authorization.openshift.io", "Machine.cluster.x-k8s.io", "Machine.machine.openshift.io",
    "MachineAutoscaler.autoscaling.openshift.io", "MachineConfig.machineconfiguration.openshift.io",
    "MachineConfigNode.machineconfiguration.openshift.io", "MachineConfigPool.machineconfiguration.openshift.io",
    "MachineConfiguration.operator.openshift.io", "MachineHealthCheck.cluster.x-k8s.io",
    "MachineHealthCheck.machine.openshift.io", "MachineOSBuild.machineconfiguration.openshift.io",
    "MachineOSConfig.machineconfiguration.openshift.io", "MachineSet.cluster.x-k8s.io",
    "MachineSet.machine.openshift.io", "MutatingAdmissionPolicy.admissionregistration.k8s.io",
    "MutatingAdmissionPolicyBinding.admissionregistration.k8s.io",
    "MutatingWebhookConfiguration.admissionregistration.k8s.io", "Namespace", "NetNamespace.network.openshift.io",
    "Network.config.openshift.io", "Network.operator.openshift.io", "NetworkAttachmentDefinition.k8s.cni.cncf.io",
    "NetworkPolicy.networking.k8s.io", "Node", "Node.config.openshift.io", "NodeMetrics.metrics.k8s.io",
    "OAuth.config.openshift.io", "OAuthAccessToken.oauth.openshift.io", "OAuthAuthorizeToken.oauth.openshift.io",
    "OAuthClient.oauth.openshift.io", "OAuthClientAuthorization.oauth.openshift.io",
    "OAuthRedirectReference.oauth.openshift.io", "OLM.operator.openshift.io",
    "OSImageStream.machineconfiguration.openshift.io", "OpenShiftAPIServer.operator.openshift.io",
    "OpenShiftControllerManager.operator.openshift.io", "Operator.operators.coreos.com",
    "OperatorCondition.operators.coreos.com", "OperatorGroup.operators.coreos.com", "OperatorHub.config.openshift.io",
    "OverlappingRangeIPReservation.whereabouts.cni.cncf.io", "PKI.config.openshift.io",
    "PacemakerCluster.etcd.openshift.io", "PackageManifest.packages.operators.coreos.com",
    "PerformanceProfile.performance.openshift.io", "PersistentVolume", "PersistentVolumeClaim",
    "PinnedImageSet.machineconfiguration.openshift.io", "PlatformOperator.platform.openshift.io", "Pod",
    "PodCertificateRequest.certificates.k8s.io", "PodDisruptionBudget.policy", "PodGroup.scheduling.k8s.io",
    "PodMetrics.metrics.k8s.io", "PodMonitor.monitoring.coreos.com",
    "PodNetworkConnectivityCheck.controlplane.operator.openshift.io", "PodSecurityPolicyReview.security.openshift.io",
    "PodSecurityPolicySelfSubjectReview.security.openshift.io",
    "PodSecurityPolicySubjectReview.security.openshift.io", "PodTemplate", "PreviewFeature.preview.aro.openshift.io",
    "PriorityClass.scheduling.k8s.io", "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io",
    "Probe.monitoring.coreos.com", "Profile.tuned.openshift.io", "Project.config.openshift.io",
    "Project.project.openshift.io", "ProjectHelmChartRepository.helm.openshift.io",
    "ProjectRequest.project.openshift.io", "Prometheus.monitoring.coreos.com", "PrometheusRule.monitoring.coreos.com",
    "Provisioning.metal3.io", "Proxy.config.openshift.io", "RangeAllocation.security.internal.openshift.io",
    "RangeAllocation.security.openshift.io", "ReferenceGrant.gateway.networking.k8s.io", "ReplicaSet.apps",
    "ReplicationController", "ResourceAccessReview.authorization.openshift.io", "ResourceClaim.resource.k8s.io",
    "ResourceClaimTemplate.resource.k8s.io", "ResourcePoolStatusRequest.resource.k8s.io", "ResourceQuota",
    "ResourceSlice.resource.k8s.io", "Role.authorization.openshift.io", "Role.rbac.authorization.k8s.io",
    "RoleBinding.authorization.openshift.io", "RoleBinding.rbac.authorization.k8s.io",
    "RoleBindingRestriction.authorization.openshift.io", "Route.route.openshift.io", "RuntimeClass.node.k8s.io",
    "Scale.apps", "Scale.apps.openshift.io", "Scale.autoscaling", "Scheduler.config.openshift.io", "Secret",
    "SecurityContextConstraints.security.openshift.io", "SelfSubjectAccessReview.authorization.k8s.io",
    "SelfSubjectReview.authentication.k8s.io", "SelfSubjectRulesReview.authorization.k8s.io",
    "SelfSubjectRulesReview.authorization.openshift.io", "Service", "ServiceAccount",
    "ServiceCA.operator.openshift.io", "ServiceCIDR.networking.k8s.io", "ServiceMonitor.monitoring.coreos.com",
    "SharedConfigMap.sharedresource.openshift.io", "SharedSecret.sharedresource.openshift.io", "StatefulSet.apps",
    "Storage.operator.openshift.io", "StorageClass.storage.k8s.io", "StorageState.migration.k8s.io",
    "StorageVersionMigration.migration.k8s.io", "StorageVersionMigration.storagemigration.k8s.io",
    "SubjectAccessReview.authorization.k8s.io", "SubjectAccessReview.authorization.openshift.io",
    "SubjectRulesReview.authorization.openshift.io", "Subscription.operators.coreos.com",
    "Template.template.openshift.io", "TemplateInstance.template.openshift.io", "ThanosRuler.monitoring.coreos.com",
    "TokenRequest.authentication.k8s.io", "TokenReview.authentication.k8s.io", "Tuned.tuned.openshift.io",
    "UpgradeConfig.upgrade.managed.openshift.io", "User.user.openshift.io", "UserDefinedNetwork.k8s.ovn.org",
    "UserIdentityMapping.user.openshift.io", "UserOAuthAccessToken.oauth.openshift.io",
    "ValidatingAdmissionPolicy.admissionregistration.k8s.io",
    "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io", "VolumeAttachment.storage.k8s.io",
    "VolumeAttributesClass.storage.k8s.io", "VolumeSnapshot.snapshot.storage.k8s.io",
    "VolumeSnapshotClass.snapshot.storage.k8s.io", "VolumeSnapshotContent.snapshot.storage.k8s.io",
    "Workload.scheduling.k8s.io",
};
/* clang-format on */

enum { KINDS = sizeof kinds / sizeof *kinds };

const char *lbx_kind(size_t i) {
    return i < KINDS ? kinds[i] : NULL;
}

static bool is_of(const char *kind, const char *name, size_t len) {
    return strncmp(kind, name, len) == 0 && (kind[len] == '.' || !kind[len]);
}

size_t lbx_kind_candidates(const char *name, size_t *ret_count) {
    size_t len = strcspn(name, "."), first = 0;
    while (first < KINDS && !is_of(kinds[first], name, len))
        first++;
    size_t end = first;
    while (end < KINDS && is_of(kinds[end], name, len))
        end++;
    *ret_count = end - first;
    return first;
}
