# The service, the worker and every command, in one image; which of them runs is the container's command.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/creditbank
RUN python -m venv /opt/creditbank
COPY requirements.txt requirements-dev.txt ./
# What builds the package is locked among the tools of development; none of the others are wanted here.
RUN awk '/^[a-z]/ { keep = /^(editables|hatchling|packaging|pathspec|pluggy|trove-classifiers)==/ } keep' \
        requirements-dev.txt > /tmp/building.txt \
    && python -m pip install --require-hashes -r /tmp/building.txt \
    && /opt/creditbank/bin/pip install --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY migrations migrations
COPY service service
# The service looks for its migrations inside the installed package.
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheels . \
    && /opt/creditbank/bin/pip install --no-deps /tmp/wheels/*.whl \
    && cp -R migrations /opt/creditbank/lib/python3.11/site-packages/creditbank/ \
    && /opt/creditbank/bin/python -c 'from creditbank.migrate import migrations_folder as f; assert (f() / "env.py").exists()'

FROM python:3.11-slim-bookworm
# A fixed number, so that the owner of the volume with the keys stays the same from image to image.
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin creditbank \
    && install -d -o creditbank -g creditbank -m 0700 /keys
COPY --from=build /opt/creditbank /opt/creditbank
ENV PATH=/opt/creditbank/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CREDITBANK_KEYS_DIR=/keys
USER creditbank
WORKDIR /tmp
EXPOSE 8000
CMD ["creditbank", "serve", "--host", "0.0.0.0", "--port", "8000"]
