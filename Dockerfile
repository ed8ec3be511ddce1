# One image for every role: the API (default command), `python manage.py runworker`,
# `python manage.py migrate`. Only instructions that the classic builder knows, too.

FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

# A package without a wheel needs its compiler here; nothing of this stage but the two
# directories copied below reaches the image.
# requirements-tracing.txt adds the SDK of OpenTelemetry (docs/tracing.md).
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-tracing.txt /tmp/
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --requirement "/tmp/$REQUIREMENTS"

COPY . /app
WORKDIR /app

# Settings refuse to load without these three; collecting static files uses none of them, and
# they end with this line.
RUN SECRET_KEY=only-for-collecting-static-files-while-the-image-is-built \
    DATABASE_URL=postgres://nobody@localhost/none \
    REDIS_URL=redis://localhost/0 \
    /opt/venv/bin/python manage.py collectstatic --noinput \
    && /opt/venv/bin/python -m compileall -q /app


FROM python:3.13-slim

# A number, so that an orchestrator can see that this is not root.
RUN groupadd --gid 10001 scheduler \
    && useradd --uid 10001 --gid scheduler --home-dir /app --no-create-home --shell /usr/sbin/nologin scheduler

COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app

# Without ENVIRONMENT=development a container refuses to start until it has its secrets.
# WEB_CONCURRENCY is the number of API processes; the command looks at it first.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENVIRONMENT=production \
    WEB_CONCURRENCY=2

USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "scheduler.serving"]
