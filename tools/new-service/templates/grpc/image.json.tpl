{
  "user": "65532",
  "entrypoint": [
    "/{{name}}"
  ],
  "cmd": [],
  "env": [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"
  ],
  "working_dir": "/",
  "exposed_ports": [
    "8080/tcp",
    "9090/tcp"
  ],
  "volumes": [],
  "labels": {
    "org.opencontainers.image.description": "Greets clients over gRPC.",
    "org.opencontainers.image.licenses": "Apache-2.0",
    "org.opencontainers.image.title": "{{name}}"
  },
  "created": "1970-01-01T00:00:00Z",
  "layers": 1,
  "allow_writable": [
    "/home/nonroot",
    "/tmp",
    "/var/lock",
    "/var/tmp"
  ]
}
