// What an engineer's program does by client-go: main KUBECONFIG VERB [ARGUMENT…] on a Deployment of a namespace. Prints the object as JSON, or
// the API server's message on standard error, and exits 1.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func update(ctx context.Context, client *kubernetes.Clientset, namespace, name, image string) (*apps.Deployment, error) {
	deployments := client.AppsV1().Deployments(namespace)
	it, err := deployments.Get(ctx, name, meta.GetOptions{})
	if err != nil {
		return nil, err
	}
	it.Spec.Template.Spec.Containers[0].Image = image
	return deployments.Update(ctx, it, meta.UpdateOptions{})
}

func run(ctx context.Context, client *kubernetes.Clientset, verb string, arguments []string) (any, error) {
	namespace := arguments[0]
	switch verb {
	case "list":
		return client.CoreV1().Pods(namespace).List(ctx, meta.ListOptions{})
	case "watch":
		return client.CoreV1().Pods(namespace).Watch(ctx, meta.ListOptions{})
	case "update":
		return update(ctx, client, namespace, arguments[1], arguments[2])
	case "apply":
		force := true
		return client.AppsV1().Deployments(namespace).Patch(ctx, arguments[1], types.ApplyPatchType, []byte(arguments[2]),
			meta.PatchOptions{FieldManager: "client-go", Force: &force})
	case "logs":
		stream, err := client.CoreV1().Pods(namespace).GetLogs(arguments[1], &core.PodLogOptions{}).Stream(ctx)
		if err != nil {
			return nil, err
		}
		defer stream.Close()
		text, err := io.ReadAll(stream)
		return string(text), err
	}
	return nil, fmt.Errorf("no verb %s", verb)
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err == nil {
		var client *kubernetes.Clientset
		if client, err = kubernetes.NewForConfig(config); err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
			defer cancel()
			var answer any
			if answer, err = run(ctx, client, os.Args[2], os.Args[3:]); err == nil {
				err = json.NewEncoder(os.Stdout).Encode(answer)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
