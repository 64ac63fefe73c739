FROM node:24-slim AS build
WORKDIR /landfall
COPY .npmrc package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && chmod +x dist/main.js && npm ci --omit=dev --omit=optional

# The optional packages are an embedded Postgres and a Node: here DATABASE_URL names the one, the image is the other.
FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /landfall
COPY LICENSE package.json ./
COPY migrations-sql migrations-sql
COPY --from=build /landfall/node_modules node_modules
COPY --from=build /landfall/dist dist
RUN ln -s /landfall/dist/main.js /usr/local/bin/landfall
# The image's user `node`, as a number: so Kubernetes' runAsNonRoot can tell that it is not root.
USER 1000:1000
EXPOSE 4600
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.LANDFALL_PORT || 4600) + '/livez').then((res) => process.exit(res.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["landfall"]
CMD ["up"]
