compile_error!("cargo ignores hidden directories");
