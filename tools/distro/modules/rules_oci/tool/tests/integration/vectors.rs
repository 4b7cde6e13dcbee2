//! Reference vectors: attributes of `oci_image`, and the manifest and config that rules_oci assembled from them.

use std::fs;
use std::path::{Path, PathBuf};

use oci_tool::image::{assemble, ImageSpec, LayerFile};
use serde_json::{Map, Value};

const VECTORS: &str = include_str!("../vectors/vectors.json");
const LAYERS: [(&str, &[u8]); 4] = [
    ("a.tar", include_bytes!("../vectors/layers/a.tar")),
    ("b.tar", include_bytes!("../vectors/layers/b.tar")),
    ("c.tar.gz", include_bytes!("../vectors/layers/c.tar.gz")),
    ("d.tar.zst", include_bytes!("../vectors/layers/d.tar.zst")),
];

struct Case<'a> {
    name: &'a str,
    directory: PathBuf,
    attributes: &'a Value,
}

impl Case<'_> {
    fn text(&self, name: &str) -> String {
        self.attributes[name].as_str().unwrap_or_default().to_owned()
    }

    fn list(&self, name: &str) -> Option<Vec<&str>> {
        let values = self.attributes[name].as_array()?;
        Some(values.iter().filter_map(Value::as_str).collect())
    }

    fn file(&self, name: &str, content: String) -> Option<PathBuf> {
        let path = self.directory.join(name);
        fs::write(&path, content).expect("writing an attribute file");
        Some(path)
    }

    fn arguments(&self, name: &str) -> Option<PathBuf> {
        let lines: Vec<_> = self.list(name)?.iter().map(|a| a.replace('\n', "%5Cn")).collect();
        self.file(name, lines.join("\n"))
    }

    fn names(&self, name: &str) -> Option<PathBuf> {
        self.file(name, self.list(name)?.join(","))
    }

    fn pairs(&self, name: &str) -> Option<PathBuf> {
        let mut pairs: Vec<_> = self.attributes[name].as_object()?.iter().collect();
        pairs.sort_by_key(|(key, _)| self.position_in_text(key));
        let lines = pairs.iter();
        let lines = lines.map(|(k, v)| format!("{k}={}\n", v.as_str().unwrap_or_default()));
        self.file(name, lines.collect())
    }

    /// The position of a key: the parser sorts keys, but variables refer to earlier ones.
    fn position_in_text(&self, key: &str) -> Option<usize> {
        let start = VECTORS.find(&format!("\n \"{}\": {{", self.name))?;
        VECTORS[start..].find(&format!("\"{key}\": \""))
    }
}

fn spec(case: &Case, base: Option<PathBuf>, layers: &Path) -> ImageSpec {
    let mut spec = ImageSpec {
        base,
        verify_base: true,
        user: case.text("user"),
        workdir: case.text("workdir"),
        entrypoint: case.arguments("entrypoint"),
        cmd: case.arguments("cmd"),
        env: case.pairs("env"),
        labels: case.pairs("labels"),
        annotations: case.pairs("annotations"),
        exposed_ports: case.names("exposed_ports"),
        volumes: case.names("volumes"),
        ..Default::default()
    };
    spec.platform.os = case.text("os");
    spec.platform.architecture = case.text("architecture");
    spec.platform.variant = case.text("variant");
    if !case.text("created").is_empty() {
        spec.created = case.file("created", case.text("created"));
    }
    for name in case.list("tars").unwrap_or_default() {
        spec.layers.push(LayerFile {
            tar: layers.join(name),
            description: None,
        });
    }
    spec
}

fn read(image: &Path, digest: &Value) -> Value {
    let digest = digest.as_str().expect("a digest");
    let path = image.join("blobs").join(digest.replace(':', "/"));
    serde_json::from_slice(&fs::read(path).expect("a blob")).expect("JSON")
}

fn without_variable_fields(mut manifest: Value, mut config: Value) -> (Value, Value) {
    let own = manifest["config"].as_object_mut().expect("a descriptor");
    own.remove("digest");
    own.remove("size");
    for line in config["history"].as_array_mut().expect("history") {
        line.as_object_mut().expect("a line").remove("created_by");
    }
    (manifest, config)
}

#[test]
fn vectors_match_rules_oci() {
    let parent = std::env::var_os("TEST_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let root = parent.join(format!("oci-tool-vectors-{}", std::process::id()));
    let layers = root.join("layers");
    fs::create_dir_all(&layers).expect("a directory");
    for (name, content) in LAYERS {
        fs::write(layers.join(name), content).expect("a layer");
    }
    let vectors: Map<String, Value> = serde_json::from_str(VECTORS).expect("vectors");
    assert_eq!(vectors.len(), 30);

    // Bases first.
    let mut names: Vec<_> = vectors.keys().collect();
    names.sort_by_key(|name| !vectors[*name]["base"].is_null());
    for name in names {
        let vector = &vectors[name];
        let directory = root.join(name);
        fs::create_dir_all(&directory).expect("a directory");
        let base = vector["base"].as_str().map(|base| root.join(base).join("image"));
        let case = Case {
            name,
            directory,
            attributes: &vector["case"],
        };
        let image = case.directory.join("image");
        assemble(&spec(&case, base, &layers), &image).unwrap_or_else(|e| panic!("{name}: {e}"));

        let index: Value =
            serde_json::from_slice(&fs::read(image.join("index.json")).expect("an index")).expect("JSON");
        let manifest = read(&image, &index["manifests"][0]["digest"]);
        let config = read(&image, &manifest["config"]["digest"]);
        let (manifest, config) = without_variable_fields(manifest, config);
        assert_eq!(manifest, vector["manifest"], "manifest of {name}");
        assert_eq!(config, vector["config"], "config of {name}");
    }
    fs::remove_dir_all(root).expect("cleaning up");
}
