# One image holds the workers and lockboxctl; the command chooses which of them runs:
#   docker build -t lockbox .
#   docker run --rm lockbox lockboxctl config
# A release is built on a base that its digest names, so that nobody changes it behind the name:
#   docker build -t lockbox --build-arg VERSION=0.1.0 --build-arg COMMIT="$(git rev-parse HEAD)" .
ARG BASE=debian:12-slim@sha256:abd67ffcfa541b485a3dff59865ab629aa048a6c613e639d36e7456b0b229241

FROM ${BASE} AS build
WORKDIR /src
COPY tools/dev/packages.txt tools/dev/
RUN apt-get update \
    && awk '$1 == "build" { for (i = 2; i <= NF; i++) print $i }' tools/dev/packages.txt \
        | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/*
COPY . .
ARG BASE VERSION
RUN case "$VERSION@$BASE" in \
        @* | *+*@* | *@sha256:*) ;; \
        *) echo "release $VERSION: BASE names no digest (@sha256:...): $BASE" >&2; exit 1 ;; \
    esac
ARG COMMIT
RUN export LOCKBOX_VERSION="$VERSION" LOCKBOX_COMMIT="$COMMIT" \
    && cmake --preset dist \
    && ninja -C build/dist requester decider expirer relay notifier auditor authorizer lockboxctl \
    && DESTDIR=/out cmake --install build/dist --prefix /usr/local --strip

FROM ${BASE}
# libesmtp6 brings its own SASL plug-ins. Debian 13's packages of other names (libcurl4t64) provide these.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates libcurl4 libesmtp6 libgmime-3.0-0 libjansson4 libmicrohttpd12 libpq5 librdkafka1 libssl3 tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 lockbox \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin lockbox
COPY --from=build /out/usr/local/bin/ /usr/local/bin/
COPY deploy/container/lockbox-ready /usr/local/bin/
ARG BASE VERSION COMMIT
LABEL org.opencontainers.image.title="Lockbox" \
      org.opencontainers.image.base.name="$BASE" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT"
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
ENV LOCKBOX_HTTP_LISTEN=0.0.0.0:8080 LOCKBOX_PROBES_LISTEN=127.0.0.1:8081
EXPOSE 8080
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["lockboxctl", "--help"]
