load("{{rules}}", "rust_job")

rust_job(
    name = "{{name}}",
    description = "Greets, and ends.",
    expect_output = ["Hello gates"],
    max_binary = 2000000,
    max_compressed = 2000000,
    max_unpacked = 4500000,
    probe_args = ["gates"],
)
