# syntax=docker/dockerfile:1
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /out/shopd ./cmd/shopd \
    && mkdir -p /out/data/uploads /out/data/mail /out/data/payments

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/shopd /shopd
COPY --from=build --chown=65532:65532 /out/data /data
ENV UPLOAD_DIR=/data/uploads MAIL_DIR=/data/mail PAYMENT_TEST_DIR=/data/payments
EXPOSE 8000
USER 65532:65532
ENTRYPOINT ["/shopd"]
CMD ["serve"]
