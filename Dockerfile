# Production image: the web server and, with another command, migrations. Settings and secrets come from the environment.
FROM python:3.11-slim AS packages
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/tinel \
 && /opt/tinel/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.11-slim
ENV PATH=/opt/tinel/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATIC_ROOT=/srv/static \
    GRANIAN_INTERFACE=wsgi \
    GRANIAN_HOST=0.0.0.0 \
    GRANIAN_PORT=8000 \
    GRANIAN_WORKERS=2 \
    GRANIAN_BLOCKING_THREADS=8 \
    OPENBLAS_NUM_THREADS=1
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tinel
COPY --from=packages /opt/tinel /opt/tinel
WORKDIR /srv/tinel
COPY manage.py ./
COPY config config
COPY clinics clinics
COPY knowledge knowledge
COPY triage triage
COPY templates templates
COPY static static
# Collecting static files reads the settings but neither signs nor connects; these values stay in this one step.
RUN SECRET_KEY=only-while-the-image-is-built-0123456789-0123456789-0123456789 ALLOWED_HOSTS=build.invalid \
    DATABASE_URL=postgresql://build@build.invalid/build python manage.py collectstatic --noinput --verbosity 0
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-m", "config.health"]
CMD ["granian", "config.wsgi:application"]
