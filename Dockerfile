# The base must be named by digest, so that the same text builds the same image:
#   docker buildx imagetools inspect node:24.21.0-bookworm-slim
#   docker build --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:... -t claimgate .
# For several processors, without emulation, since nothing runs on the target's:
#   docker buildx build --platform linux/amd64,linux/arm64 ...
# UNPINNED_BASE=allowed builds on the bare tag, for a try on your own machine.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS target

FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS base
ARG NODE_IMAGE
ARG UNPINNED_BASE=refused
RUN case "${NODE_IMAGE}" in *@sha256:*) exit 0 ;; esac; \
    [ "${UNPINNED_BASE}" = allowed ] || { echo "NODE_IMAGE=${NODE_IMAGE} has no @sha256 digest; see the head of the Dockerfile" >&2; exit 1; }
WORKDIR /app

FROM base AS deps
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY scripts/sbom.ts scripts/
RUN node scripts/sbom.ts > sbom.cdx.json
# Compiled code would fit one processor only; types and source maps are not read at run time.
RUN [ -z "$(find node_modules -name '*.node' -print -quit)" ] \
    && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete

FROM base AS build
COPY package.json ./
COPY scripts/build.ts scripts/
COPY src src
RUN node scripts/build.ts dist

# Node, the libraries it is linked with, and what scanners need to know their versions: no shell, no package manager.
FROM base AS root
RUN --mount=type=bind,from=target,target=/target set -eu; \
    mkdir -p /root-fs/etc /root-fs/lib /root-fs/usr/local/bin /root-fs/usr/lib /root-fs/var/lib/dpkg/status.d; \
    ln -s lib /root-fs/lib64; \
    cp /target/usr/local/bin/node /root-fs/usr/local/bin/; \
    for name in ld-linux-*.so.? libc.so.6 libdl.so.2 libm.so.6 libpthread.so.0 libgcc_s.so.1 libstdc++.so.6; do \
      cp -L /target/usr/lib/*-linux-gnu/$name /root-fs/lib/; \
    done; \
    cp -L /target/etc/os-release /root-fs/usr/lib/os-release; \
    ln -s ../usr/lib/os-release /root-fs/etc/os-release; \
    for name in libc6 libgcc-s1 libstdc++6; do \
      dpkg-query --admindir=/target/var/lib/dpkg --status $name > /root-fs/var/lib/dpkg/status.d/$name; \
    done; \
    echo 'hosts: files dns' > /root-fs/etc/nsswitch.conf; \
    echo 'claimgate:x:65532:65532::/app:/nonexistent' > /root-fs/etc/passwd; \
    echo 'claimgate:x:65532:' > /root-fs/etc/group

FROM scratch AS final
ARG NODE_IMAGE
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Claimgate" \
      org.opencontainers.image.description="A reverse-proxy authentication sidecar" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"
COPY --from=root /root-fs /
WORKDIR /app
ENV NODE_ENV=production PATH=/usr/local/bin
COPY package.json LICENSE ./
COPY --from=deps /app/sbom.cdx.json ./
COPY --from=deps /app/node_modules node_modules
COPY --from=build /app/dist dist
# Files belong to root and are only read; nothing is written at run time, so a read-only root file system works.
USER 65532:65532
EXPOSE 8080 9205
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "const [, host, port] = /^(.*):(\\d+)$/.exec(process.env.PROXY_DEBUG_ADDR ?? '127.0.0.1:9205'); fetch(`http://${host === '' || host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# What V8 takes on a large machine. In a container of 256 MiB it would take 1: half of the CPU of a request would go into collections.
ENTRYPOINT ["node", "--max-semi-space-size=16", "dist/main.js"]
CMD ["serve"]
