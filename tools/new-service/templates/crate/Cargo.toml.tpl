[package]
name = "{{name}}"
description = "greetings for services"
{{package}}
{{lints}}
