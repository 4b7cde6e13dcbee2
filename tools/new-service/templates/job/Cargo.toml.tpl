[package]
name = "{{name}}"
description = "greets and exits"
{{package}}

[dependencies]
chassis.workspace = true
tracing.workspace = true
{{lints}}
