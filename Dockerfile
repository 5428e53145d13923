# Plugin, command and a Fluent Bit with both in it.
#
#   docker build -t sluice .                          # Fluent Bit with the plugin
#   docker build --target artifacts -o build .        # only the files
#   docker build --target sidecar -t sluice-sidecar . # sluice serve
#
# Base images are arguments: where no registry is reachable, "make docker-test"
# builds the stages up to "host" on an image of its own.
ARG GO_IMAGE=golang:1.26-bookworm
ARG FLUENT_BIT_IMAGE=fluent/fluent-bit:5.1.1
ARG HOST_IMAGE=debian:bookworm-slim

# --- the plugin, and the loader that tests it without Fluent Bit -------------
FROM ${GO_IMAGE} AS plugin
ARG VERSION=unknown
# A builder on a slow file system may keep Go's cache in memory: /dev/shm/go.
ARG GOCACHE=/root/.cache/go-build
WORKDIR /src
COPY . .
RUN GOCACHE="$GOCACHE" make VERSION="$VERSION" build/out_sluice.so build/flb-host

FROM ${HOST_IMAGE} AS host
COPY --from=plugin /src/build/out_sluice.so /src/build/flb-host /sluice/
ENTRYPOINT ["/sluice/flb-host", "-e", "/sluice/out_sluice.so"]

# --- the command ------------------------------------------------------------
FROM plugin AS command
RUN make VERSION="$VERSION" build/sluice

FROM scratch AS artifacts
COPY --from=plugin /src/build/out_sluice.so /
COPY --from=command /src/build/sluice /

FROM scratch AS sidecar
COPY --from=command /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=command /src/build/sluice /sluice
ENTRYPOINT ["/sluice"]
CMD ["serve"]

# --- servers for compose.yaml -----------------------------------------------
FROM ${GO_IMAGE} AS servers
WORKDIR /src
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

# --- Fluent Bit with the plugin ---------------------------------------------
FROM ${FLUENT_BIT_IMAGE} AS runtime
COPY --from=plugin /src/build/out_sluice.so /fluent-bit/bin/
COPY --from=command /src/build/sluice /fluent-bit/bin/
ENTRYPOINT ["/fluent-bit/bin/fluent-bit", "-e", "/fluent-bit/bin/out_sluice.so"]
CMD ["-c", "/fluent-bit/etc/fluent-bit.conf"]
