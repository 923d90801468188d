"""What an engineer's program does by the Python client: client.py KUBECONFIG VERB NAMESPACE [ARGUMENT…]. Prints what came of it as JSON, or the
API server's message on standard error, and exits 1. It runs on requirements.txt, not on what the tests run on."""
import json
import sys

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException


def update(namespace: str, name: str, image: str):
    apps = client.AppsV1Api()
    it = apps.read_namespaced_deployment(name, namespace)
    it.spec.template.spec.containers[0].image = image
    return apps.replace_namespaced_deployment(name, namespace, it)


def patch(namespace: str, name: str, body: str):
    return client.AppsV1Api().patch_namespaced_deployment(name, namespace, json.loads(body))


VERBS = {
    "list": lambda namespace: client.CoreV1Api().list_namespaced_pod(namespace),
    "watch": lambda namespace: client.CoreV1Api().list_namespaced_pod(namespace, watch=True),
    "update": update,
    "patch": patch,
}

if __name__ == "__main__":
    config.load_kube_config(sys.argv[1])
    try:
        answer = VERBS[sys.argv[2]](*sys.argv[3:])
    except ApiException as error:
        sys.exit(json.loads(error.body)["message"])
    print(json.dumps(client.ApiClient().sanitize_for_serialization(answer)))
