# The build context needs `kinglet`.
ARG WEB_BASE=docker.io/library/python:3.13.5-slim-bookworm
FROM ${WEB_BASE}
LABEL org.opencontainers.image.title="kinglet example: Compose, web" \
      org.opencontainers.image.description="Flask that starts when its cache answers" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY requirements.txt ./
RUN ["pip", "install", "--no-cache-dir", "--requirement", "requirements.txt"]
COPY --chown=0:0 kinglet /kinglet
COPY --chown=0:0 app.py ./
EXPOSE 8000
USER 10001:10001
ENTRYPOINT ["/kinglet", "--user", "10001:10001", "--secret", "CACHE_PASSWORD", "--require", "CACHE_HOST,CACHE_PASSWORD", \
            "--wait-for", "redis://${CACHE_HOST}:6379", "--wait-timeout", "60s", "--"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "app:app"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["/kinglet", "check", "http://localhost:8000/health"]
