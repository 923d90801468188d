# A SubjectAccessReview answered from data.grants, by engineer. The body is the input as it comes, and the answer what is sent.
package system

main := {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "status": status}

default status := {"allowed": false, "denied": true, "reason": "no grant"}

status := {"allowed": true} if {
	startswith(input.spec.user, "lockbox:")
	"lockbox:engineers" in input.spec.groups
	asked := input.spec.resourceAttributes
	[asked.verb, asked.resource, asked.subresource] == ["get", "pods", "log"]
	now := time.now_ns() / 1000000000
	some grant in data.grants[substring(input.spec.user, 8, -1)]
	grant.action == "get_pod_logs"
	grant.namespace == asked.namespace
	object.get(grant, "name", asked.name) == asked.name
	grant.starts_at <= now
	now < grant.expires_at
}
