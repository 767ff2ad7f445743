# The build context needs `kinglet`.
ARG CACHE_BASE=docker.io/library/redis:7.4.4-bookworm
FROM ${CACHE_BASE}
LABEL org.opencontainers.image.title="kinglet example: Compose, cache" \
      org.opencontainers.image.description="Redis as 10001" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /data
COPY --chown=0:0 kinglet /kinglet
VOLUME /data
EXPOSE 6379
ENTRYPOINT ["/kinglet", "--user", "10001:10001", "--own", "/data", "--require", "REDIS_ACL:path", "--expand", "--"]
CMD ["redis-server", "--bind", "*", "--dir", "/data", "--appendonly", "yes", "--aclfile", "${REDIS_ACL}"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["/kinglet", "check", "redis://localhost:6379"]
