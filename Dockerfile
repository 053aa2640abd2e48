# syntax=docker/dockerfile:1.7
# Images of Binocle. `docker build --target serve .` is the service (no torch), `--target train` trains.
ARG PYTHON=3.11.15-slim-bookworm

FROM python:${PYTHON} AS base
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/binocle/bin:$PATH \
    HOME=/tmp \
    BINOCLE_DATA=/data
# A number, so that Kubernetes can tell that it is not root.
RUN groupadd --gid 10001 binocle \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin binocle \
    && install --directory --owner=10001 --group=10001 /data
VOLUME /data
STOPSIGNAL SIGTERM

# What the program depends on changes seldom: it has a layer of its own.
FROM base AS dependencies
WORKDIR /source
RUN python -m venv /opt/binocle
COPY pyproject.toml README.md LICENSE ./
RUN --mount=type=cache,target=/tmp/.cache/pip \
    pip install --disable-pip-version-check '.[postgres]' && pip uninstall --yes binocle

FROM dependencies AS program
COPY . .
RUN pip install --disable-pip-version-check --no-cache-dir --no-deps .

FROM dependencies AS training
RUN --mount=type=cache,target=/tmp/.cache/pip \
    pip install --disable-pip-version-check '.[train,postgres]' && pip uninstall --yes binocle
COPY . .
RUN pip install --disable-pip-version-check --no-cache-dir --no-deps .

FROM base AS train
COPY --from=training /opt/binocle /opt/binocle
USER 10001:10001
WORKDIR /data
ENTRYPOINT ["binocle"]
CMD ["--help"]

# The last stage is the default one.
FROM base AS serve
COPY --from=program /opt/binocle /opt/binocle
ENV BINOCLE_HTTP__HOST=0.0.0.0 \
    BINOCLE_HTTP__PORT=8000
USER 10001:10001
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['BINOCLE_HTTP__PORT'] + '/readyz', timeout=3)"]
ENTRYPOINT ["binocle"]
CMD ["serve"]
