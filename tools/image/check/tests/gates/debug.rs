//! `debug`, on variants that differ from the image.

use std::path::PathBuf;

use crate::common::{image_check, layout, Layer, Pack, Scratch};
use serde_json::{json, Value};

fn app(content: &str) -> (Layer, Pack) {
    (Layer::new().file("app", 0o555, content), Pack::Gzip)
}

fn tools() -> (Layer, Pack) {
    (Layer::new().file("busybox/busybox", 0o755, "x"), Pack::Gzip)
}

fn image(scratch: &Scratch, name: &str, run: &Value, layers: Vec<(Layer, Pack)>) -> PathBuf {
    let dir = scratch.0.join(name);
    layout(&dir, run, layers);
    dir
}

#[test]
fn accepts_only_additional_layers() {
    let scratch = Scratch::new();
    let run = json!({"User": "65532", "Entrypoint": ["/app"]});
    let root = json!({"User": "0", "Entrypoint": ["/app"]});
    let shell = json!({"User": "65532", "Entrypoint": ["/busybox/sh"]});
    let production = image(&scratch, "production", &run, vec![app("1")]);
    let check = |name: &str, run: &Value, layers| {
        let debug = image(&scratch, name, run, layers);
        image_check(&[
            "debug",
            debug.to_str().unwrap(),
            "--of",
            production.to_str().unwrap(),
        ])
    };
    check("good", &run, vec![app("1"), tools()]).expect(0, &["layers more than 1 2 ok"]);
    check("same", &run, vec![app("1")]).expect(1, &["layers: expected more than 1, found 1"]);
    check("other", &run, vec![app("2"), tools()]).expect(1, &["layer 0: expected sha256:"]);
    check("order", &run, vec![tools(), app("1")]).expect(1, &["layer 0: expected sha256:"]);
    check("root", &root, vec![app("1"), tools()]).expect(1, &["user: expected 65532, found 0"]);
    check("shell", &shell, vec![app("1"), tools()])
        .expect(1, &[r#"entrypoint: expected ["/app"], found ["/busybox/sh"]"#]);
    let path = json!({"User": "65532", "Entrypoint": ["/app"], "Env": ["PATH=/busybox"]});
    check("path", &path, vec![app("1"), tools()]).expect(0, &[]);
    let env = json!({"User": "65532", "Entrypoint": ["/app"], "Env": ["MODE=debug"]});
    check("env", &env, vec![app("1"), tools()]).expect(1, &[r#"env: expected [], found ["MODE=debug"]"#]);
    let ports = json!({"User": "65532", "Entrypoint": ["/app"], "ExposedPorts": {"1/tcp": {}}});
    check("ports", &ports, vec![app("1"), tools()]).expect(1, &[r#"ports: expected [], found ["1/tcp"]"#]);
}

#[test]
fn rejects_other_boundaries_of_arguments() {
    let scratch = Scratch::new();
    let run =
        json!({"Entrypoint": ["/app", "a b"], "Cmd": ["c d"], "Env": ["A=1 B=2"], "Volumes": {"/e /f": {}}});
    let split = json!({"Entrypoint": ["/app", "a", "b"], "Cmd": ["c", "d"], "Env": ["A=1", "B=2"], "Volumes": {"/e": {}, "/f": {}}});
    let production = image(&scratch, "production", &run, vec![app("1")]);
    let debug = image(&scratch, "debug", &split, vec![app("1"), tools()]);
    image_check(&[
        "debug",
        debug.to_str().unwrap(),
        "--of",
        production.to_str().unwrap(),
    ])
    .expect(
        1,
        &[
            r#"entrypoint: expected ["/app", "a b"], found ["/app", "a", "b"]"#,
            r#"cmd: expected ["c d"], found ["c", "d"]"#,
            r#"env: expected ["A=1 B=2"], found ["A=1", "B=2"]"#,
            r#"volumes: expected ["/e /f"], found ["/e", "/f"]"#,
        ],
    );
}
