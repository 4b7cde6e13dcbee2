[package]
name = "{{name}}"
description = "what services greet with"
{{package}}
{{lints}}
