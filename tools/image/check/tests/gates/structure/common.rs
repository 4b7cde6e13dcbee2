//! Images to check, and their expectations.

use std::path::PathBuf;

use crate::common::{image_check, layout, layout_with, Layer, Outcome, Pack, Scratch};
use serde_json::{json, Value};

pub(crate) struct Case {
    pub(crate) scratch: Scratch,
    pub(crate) layout: PathBuf,
    pub(crate) base: Option<PathBuf>,
}

impl Case {
    pub(crate) fn new(run: &Value, layers: Vec<(Layer, Pack)>) -> Self {
        let scratch = Scratch::new();
        let dir = scratch.0.join("layout");
        layout(&dir, run, layers);
        Self {
            scratch,
            layout: dir,
            base: None,
        }
    }

    /// Writes a base with `layers` and passes it to the check.
    pub(crate) fn with_base(mut self, layers: Vec<(Layer, Pack)>) -> Self {
        let dir = self.scratch.0.join("base");
        layout(&dir, &json!({}), layers);
        self.base = Some(dir);
        self
    }

    pub(crate) fn with(layer: Layer) -> Self {
        Self::new(&json!({"User": "65532"}), vec![(layer, Pack::None)])
    }

    pub(crate) fn check(&self, expectation: &Value, arguments: &[&str]) -> Outcome {
        let expect = self.scratch.file("expect.json", expectation.to_string());
        let mut call = vec![
            "structure",
            self.layout.to_str().unwrap(),
            "--expect",
            expect.to_str().unwrap(),
        ];
        if let Some(base) = &self.base {
            call.extend(["--base", base.to_str().unwrap()]);
        }
        image_check(&[&call, arguments].concat())
    }
}

pub(crate) fn root() -> Layer {
    Layer::new().dir("./", 0o755).dir("./tmp", 0o1777)
}

/// A base of two layers.
pub(crate) fn base() -> Vec<(Layer, Pack)> {
    let release = Layer::new().file("./etc/os-release", 0o644, "ID=thimble\n");
    vec![(root(), Pack::Gzip), (release, Pack::None)]
}

pub(crate) fn hello() -> Case {
    let run = json!({
        "User": "65532",
        "Entrypoint": ["/hello"],
        "Cmd": null,
        "Env": ["PATH=/"],
        "WorkingDir": "/",
        "ExposedPorts": {"8888/tcp": {}},
        "Labels": {"title": "hello", "revision": "0123abc"},
    });
    let mut layers = base();
    layers.push((Layer::new().file("hello", 0o555, "hello world"), Pack::Zstd));
    Case::new(&run, layers).with_base(base())
}

pub(crate) fn hello_expectation() -> Value {
    json!({
        "platform": "linux/amd64",
        "user": "65532",
        "entrypoint": ["/hello"],
        "cmd": [],
        "env": ["PATH=/"],
        "working_dir": "/",
        "exposed_ports": ["8888/tcp"],
        "volumes": [],
        "labels": {"title": "hello", "revision": "*"},
        "created": "1970-01-01T00:00:00Z",
        "layers": 1,
    })
}

/// `hello` with further fields in its config and manifest; `base_fields` are those of its base.
pub(crate) fn extended(base_fields: &Value) -> Case {
    let run = json!({
        "User": "65532",
        "Cmd": ["--fast"],
        "ExposedPorts": {"9090/tcp": {}, "8080/tcp": {}},
        "Volumes": {"/data": {}, "/cache": {}},
        "StopSignal": "SIGQUIT",
        "Healthcheck": {"Test": ["CMD", "/hello"]},
        "OnBuild": null,
        "ArgsEscaped": false,
    });
    let config = json!({"author": "thimble", "variant": "v2", "history": [{"created_by": "x"}]});
    let manifest = json!({"annotations": {"a": "1", "b": "2"}});
    let mut layers = base();
    layers.push((Layer::new().file("hello", 0o555, "hello world"), Pack::Zstd));
    let mut case = Case::new(&json!({}), vec![]).with_base(base());
    case.layout = case.scratch.0.join("extended");
    layout_with(&case.layout, &run, layers, &config, &manifest);
    let fields = |name: &str| base_fields.get(name).cloned().unwrap_or(json!({}));
    let base_dir = case.scratch.0.join("extended-base");
    layout_with(
        &base_dir,
        &json!({}),
        base(),
        &fields("config"),
        &fields("manifest"),
    );
    case.base = Some(base_dir);
    case
}

pub(crate) fn extended_expectation() -> Value {
    json!({
        "platform": "linux/amd64/v2",
        "user": "65532",
        "cmd": ["--fast"],
        "exposed_ports": ["8080/tcp", "9090/tcp"],
        "volumes": ["/cache", "/data"],
        "annotations": {"a": "1", "b": "*"},
        "stop_signal": "SIGQUIT",
        "other": {"author": "thimble", "Healthcheck": {"Test": ["CMD", "/hello"]}},
        "created": "1970-01-01T00:00:00Z",
        "layers": 1,
    })
}

pub(crate) const LISTING: &str = "#mtree\n./hello type=file mode=0555 uid=0 gid=0\n";
