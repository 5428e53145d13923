# Fluent Bit with the plugin, and the credential sidecar.
#
#   make images                                       # both, with the right version
#   docker build -t sluice .                          # Fluent Bit with the plugin and the command
#   docker build --target sidecar -t sluice-sidecar . # sluice serve
#   docker build --target artifacts -o build .        # only the files
#
# Behind a proxy, add --build-arg HTTPS_PROXY=…, and --build-arg CA="$(cat ca.pem)" if it has a CA of its own; GOPROXY names
# a proxy for modules. Base images are arguments, too. Without any network, "go mod vendor" beforehand, for the
# stages s3 and imds in test as well: then no module is fetched.
ARG GO_IMAGE=golang:1.26-bookworm
ARG FLUENT_BIT_IMAGE=fluent/fluent-bit:5.1.1
ARG HOST_IMAGE=debian:bookworm-slim

# --- the modules, which change less often than the source ---------------------
FROM ${GO_IMAGE} AS modules
ARG CA=
RUN [ -z "$CA" ] || printf '%s\n' "$CA" >>/etc/ssl/certs/ca-certificates.crt
ARG GOPROXY=
WORKDIR /src
COPY go.mod go.sum vendor*/modules.txt ./
RUN [ -e modules.txt ] || go mod download
RUN rm -f modules.txt

# --- the command, and what it finds in the sidecar's image --------------------
FROM modules AS command
ARG VERSION=unknown
ARG GOCACHE=/root/.cache/go-build
COPY . .
RUN GOCACHE="$GOCACHE" make VERSION="$VERSION" build/sluice
# CredProxy's user, home and probe.
RUN mkdir -p /root-of-sidecar/bin /root-of-sidecar/etc/ssl/certs /root-of-sidecar/credproxy /root-of-sidecar/tmp \
 && cp build/sluice /root-of-sidecar/sluice \
 && ln -s /sluice /root-of-sidecar/bin/lprobe \
 && cp /etc/ssl/certs/ca-certificates.crt /root-of-sidecar/etc/ssl/certs/ \
 && echo 'credproxy:x:1338:1338::/credproxy:/sbin/nologin' >/root-of-sidecar/etc/passwd \
 && echo 'credproxy:x:1338:' >/root-of-sidecar/etc/group \
 && chown 1338:1338 /root-of-sidecar/credproxy \
 && chmod 1777 /root-of-sidecar/tmp

# Builders without BuildKit build all stages before the one that is asked for: hence this order.
FROM scratch AS sidecar
COPY --from=command /root-of-sidecar/ /
ENV HOME=/credproxy
WORKDIR /credproxy
USER 1338:1338
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/bin/lprobe"]
ENTRYPOINT ["/sluice"]
CMD ["serve"]

# --- the plugin, and the loader that tests it without Fluent Bit -------------
FROM modules AS plugin
ARG VERSION=unknown
# A builder on a slow file system may keep Go's cache in memory: /dev/shm/go.
ARG GOCACHE=/root/.cache/go-build
COPY . .
RUN GOCACHE="$GOCACHE" make VERSION="$VERSION" build/out_sluice.so build/flb-host
RUN mkdir -p /state/sluice

FROM ${HOST_IMAGE} AS host
COPY --from=plugin /src/build/out_sluice.so /src/build/flb-host /sluice/
ENTRYPOINT ["/sluice/flb-host", "-e", "/sluice/out_sluice.so"]

FROM scratch AS artifacts
COPY --from=plugin /src/build/out_sluice.so /
COPY --from=command /src/build/sluice /

# --- Fluent Bit with the plugin ---------------------------------------------
FROM ${FLUENT_BIT_IMAGE} AS runtime
# The user of distroless images. Log files that only root may read need "--user 0", and a spool that belongs to root.
ARG RUN_AS=65532
COPY --from=plugin /src/build/out_sluice.so /fluent-bit/bin/
COPY --from=command /src/build/sluice /fluent-bit/bin/
COPY --from=plugin --chown=${RUN_AS}:${RUN_AS} /state /var/lib/fluent-bit
ENV HOME=/var/lib/fluent-bit
USER ${RUN_AS}:${RUN_AS}
ENTRYPOINT ["/fluent-bit/bin/fluent-bit", "-e", "/fluent-bit/bin/out_sluice.so"]
CMD ["-c", "/fluent-bit/etc/fluent-bit.conf"]

# --- servers for compose.yaml -----------------------------------------------
FROM modules AS servers
COPY test/go.mod test/go.sum test/vendor*/modules.txt test/
RUN cd test && { [ -e modules.txt ] || go mod download; } && rm -f modules.txt
COPY . .
WORKDIR /src/test
ENV CGO_ENABLED=0
RUN mkdir -p /out /data \
 && go build -trimpath -o /out/s3server ./cmd/s3server \
 && go build -trimpath -o /out/imds github.com/aws/amazon-ec2-metadata-mock/cmd

FROM scratch AS s3
COPY --from=servers /out/s3server /s3server
COPY --from=servers /data /data
ENTRYPOINT ["/s3server"]

FROM scratch AS imds
COPY --from=servers /out/imds /imds
ENTRYPOINT ["/imds"]

# What is built if no stage is asked for.
FROM runtime
