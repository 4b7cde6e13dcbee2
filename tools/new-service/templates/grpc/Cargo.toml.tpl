[package]
name = "{{name}}"
description = "greets clients over gRPC"
{{package}}

[dependencies]
chassis.workspace = true
chassis-grpc.workspace = true
prost.workspace = true
tonic.workspace = true
tonic-prost.workspace = true

[build-dependencies]
protox.workspace = true
tonic-prost-build.workspace = true

[dev-dependencies]
rustix = { workspace = true, features = ["process"] }
tokio = { workspace = true, features = ["macros", "rt"] }
{{lints}}
