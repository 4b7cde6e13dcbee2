[package]
name = "{{name}}"
description = "responds with Hello World"
{{package}}

[dependencies]
axum.workspace = true
chassis.workspace = true

[dev-dependencies]
http-body-util.workspace = true
rustix = { workspace = true, features = ["process"] }
serde_json.workspace = true
tokio = { workspace = true, features = ["macros", "rt"] }
tower-service.workspace = true
{{lints}}
