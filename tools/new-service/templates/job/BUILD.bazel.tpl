load("{{rules}}", "rust_job")

rust_job(
    name = "{{name}}",
    description = "Greets and exits.",
    expect_output = ["Hello gates"],
    max_binary = 1000000,
    max_compressed = 1500000,
    max_unpacked = 3500000,
    probe_args = ["gates"],
)
