# The command line: docker run --rm -v "$PWD:/work" corsense lint .
# To check an app, mount its environment as well: -v "$PWD:/work" with a .venv inside, or FROM this image and install the app.
FROM python:3.13-slim AS build
COPY pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN python -m venv /opt/corsense \
    && /opt/corsense/bin/pip install --no-cache-dir /source \
    && /opt/corsense/bin/pip uninstall --yes --quiet pip

FROM python:3.13-slim
COPY --from=build /opt/corsense /opt/corsense
# What pip compiled stays: a command that compiles its modules anew each time takes more than twice as long.
ENV PATH="/opt/corsense/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
RUN useradd --create-home corsense
USER corsense
WORKDIR /work
ENTRYPOINT ["corsense"]
