load("{{rules}}", "rust_service")

rust_service(
    name = "{{name}}",
    description = "Responds with Hello World.",
    max_binary = 2000000,
    max_compressed = 2000000,
    max_unpacked = 4500000,
    probe_body = "Hello World",
)
