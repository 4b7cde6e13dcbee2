load("{{rules}}", "rust_grpc_service")

rust_grpc_service(
    name = "{{name}}",
    description = "Greets clients over gRPC.",
    max_binary = 2500000,
    max_compressed = 2300000,
    max_unpacked = 5000000,
)
