#!/usr/bin/env bash
# build.sh DIRECTORY GO-CACHE: Strimzi's and CloudNativePG's CustomResourceDefinitions, out of their own releases: the one's from
# Maven Central, the other's from the Go module proxy.
set -euo pipefail
directory=$1 cache=$2
cd "$(dirname "$(readlink -f "$0")")"

cloudnative_pg=github.com/cloudnative-pg/cloudnative-pg@v1.27.0
model=io.strimzi.api.kafka.model

mvn -B -f pom.xml -Dmaven.repo.local="$directory/m2" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$directory/lib"
java -cp "$directory/lib/*" io.strimzi.crdgenerator.CrdGenerator --target-kube 1.22+ --yaml \
    $model.kafka.Kafka="$directory/kafka.yaml" $model.nodepool.KafkaNodePool="$directory/kafkanodepool.yaml" \
    $model.topic.KafkaTopic="$directory/kafkatopic.yaml" $model.user.KafkaUser="$directory/kafkauser.yaml"
module=$(cd / && GOTOOLCHAIN=local GOMODCACHE=$cache/modules GOCACHE=$cache/build /usr/bin/go mod download -json $cloudnative_pg |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')
cp "$module/config/crd/bases/postgresql.cnpg.io_clusters.yaml" "$directory/cluster.yaml"
rm -rf "${directory:?}/m2" "${directory:?}/lib"
