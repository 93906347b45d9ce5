# The operator's image, for those who have Docker. `python -m ociimage operator` in tools/ makes a smaller one without,
# and goes by this file where Docker is and mmdebstrap cannot be.
FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.8
ENV UV_PROJECT_ENVIRONMENT=/opt/goserviceslo \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
# Dependencies first: they change less often than the operator.
RUN uv sync --frozen --no-dev --no-install-project
COPY operator operator
RUN uv sync --frozen --no-dev --no-editable

FROM python:3.11-slim-bookworm
COPY --from=build /opt/goserviceslo /opt/goserviceslo
ENV PATH=/opt/goserviceslo/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1
# The account is the other image's; whatever asks for its user's name finds one.
RUN echo nonroot:x:65532: >> /etc/group \
    && echo nonroot:x:65532:65532:nonroot:/tmp:/usr/sbin/nologin >> /etc/passwd
USER 65532:65532
ENTRYPOINT ["/opt/goserviceslo/bin/python", "-m", "goserviceslo"]
