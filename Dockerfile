# Two stages: the first builds one static binary, the second holds nothing else.
# Images are pinned by version; pin them by digest where you build releases.
FROM golang:1.26.6-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /kapstone ./cmd/kapstone \
 && mkdir -p /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /kapstone /kapstone
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV KAPSTONE_DATA=/data KAPSTONE_LISTEN=0.0.0.0:8080 KAPSTONE_METRICS=0.0.0.0:9090
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/kapstone"]
CMD ["serve"]
