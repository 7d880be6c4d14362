# The base must be named by digest, so that the same text builds the same image:
#   docker buildx imagetools inspect node:24.21.0-bookworm-slim
#   docker build --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:... -t claimgate .
# UNPINNED_BASE=allowed builds on the bare tag, for a try on your own machine.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS base
ARG NODE_IMAGE
ARG UNPINNED_BASE=refused
RUN case "${NODE_IMAGE}" in *@sha256:*) exit 0 ;; esac; \
    [ "${UNPINNED_BASE}" = allowed ] || { echo "NODE_IMAGE=${NODE_IMAGE} has no @sha256 digest; see the head of the Dockerfile" >&2; exit 1; }
WORKDIR /app

FROM base AS deps
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM base AS build
COPY package.json ./
COPY scripts/build.ts scripts/
COPY src src
RUN node scripts/build.ts dist

FROM base AS final
# Nothing but the runtime: no package manager that could fetch code later.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
    /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-v*
ENV NODE_ENV=production
COPY package.json ./
COPY --from=deps /app/node_modules node_modules
COPY --from=build /app/dist dist
# Files belong to root and are only read; nothing is written at run time, so a read-only root file system works.
USER 65532:65532
EXPOSE 8080 9205
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "const [, host, port] = /^(.*):(\\d+)$/.exec(process.env.PROXY_DEBUG_ADDR ?? '127.0.0.1:9205'); fetch(`http://${host === '' || host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
