# Latchkey in a container: docs/containers.md says how to build and run it.
# The base is pinned by digest, so that a build tomorrow has the Python of today; docs/releasing.md renews it.

FROM python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS build
WORKDIR /opt/latchkey
COPY run requirements.txt ./
RUN ./run install
COPY LICENSE manage.py ./
COPY applications applications
COPY config config
COPY static static
COPY templates templates
# The folder cannot be written to later, so Python keeps its compiled files now.
RUN .venv/bin/python -m compileall -q applications config && rm -rf var && mkdir -m 700 var && chown 10001:10001 var

FROM python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
WORKDIR /opt/latchkey
COPY --from=build /opt/latchkey /opt/latchkey
# Webhooks are sent from a container of their own: `manage deliver_webhooks`.
ENV HOST=0.0.0.0 PORT=8000 WEBHOOK_WORKERS=0
EXPOSE 8000
# All that is written: static files for serving, and the secret key where none is given. It may be lost at any time.
VOLUME /opt/latchkey/var
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD [".venv/bin/python", "-IS", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/live', timeout=2)"]
ENTRYPOINT ["./run"]
