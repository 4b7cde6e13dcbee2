//! `debug`: checks that an image is the debug variant of another one, with the same config and further layers on top.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::image::Image;
use crate::report::Report;
use crate::Error;

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) layout: PathBuf,
    pub(crate) of: PathBuf,
    pub(crate) platform: Option<String>,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let open = |dir| Image::open(dir, options.platform.as_deref());
    let (debug, image) = (open(&options.layout)?, open(&options.of)?);
    let mut report = Report::new(format!(
        "debug {} of {}",
        options.layout.display(),
        options.of.display()
    ));
    let digest = |image: &Image, at: usize| {
        image
            .layers
            .get(at)
            .map_or_else(|| "absent".to_owned(), |layer| layer.descriptor.digest.clone())
    };
    for at in 0..image.layers.len() {
        let (expected, found) = (digest(&image, at), digest(&debug, at));
        let ok = expected == found;
        let hint = "use the production image as its base";
        report.check(&format!("layer {at}"), expected, found, ok, hint);
    }
    let (below, all) = (image.layers.len(), debug.layers.len());
    let hint = "add a layer: without one it is the production image";
    report.check(
        "layers",
        format!("more than {below}"),
        all.to_string(),
        all > below,
        hint,
    );

    let (a, b) = (&image.config.run, &debug.config.run);
    let hint = "set it to the production image's value: both must start the same way";
    let list = |values: &[String]| format!("{values:?}");
    let keys = |map: &BTreeMap<String, Value>| format!("{:?}", map.keys().collect::<Vec<_>>());
    for (name, expected, found) in [
        ("user", a.user.clone(), b.user.clone()),
        ("entrypoint", list(&a.entrypoint), list(&b.entrypoint)),
        ("cmd", list(&a.cmd), list(&b.cmd)),
        ("env", environment(&a.env), environment(&b.env)),
        ("working dir", a.working_dir.clone(), b.working_dir.clone()),
        ("ports", keys(&a.exposed_ports), keys(&b.exposed_ports)),
        ("volumes", keys(&a.volumes), keys(&b.volumes)),
        ("stop signal", a.stop_signal.clone(), b.stop_signal.clone()),
    ] {
        let ok = expected == found;
        report.check(name, expected, found, ok, hint);
    }
    Ok(report.print(out)?)
}

/// The environment without PATH, which the debug variant extends.
fn environment(variables: &[String]) -> String {
    let rest: Vec<_> = variables.iter().filter(|it| !it.starts_with("PATH=")).collect();
    format!("{rest:?}")
}
