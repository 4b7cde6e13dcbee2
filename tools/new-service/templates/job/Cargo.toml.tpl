[package]
name = "{{name}}"
description = "greets, and ends"
{{package}}

[dependencies]
chassis.workspace = true
tracing.workspace = true
{{lints}}
