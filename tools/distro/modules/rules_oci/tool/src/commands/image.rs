//! `oci-tool image`: assembles an image.

use crate::error::{LocationContext, Problem, Result};
use crate::image::{assemble, ImageSpec, LayerFile};
use crate::options::{required, unknown_option, Options};

/// `--output DIR [--target LABEL] [--base DIR [--verify-base]]
/// [--os OS --architecture ARCH --variant VARIANT] (--tar FILE [--layer FILE])...
/// [--entrypoint|cmd|env|labels|annotations|exposed-ports|volumes|created FILE]
/// [--user NAME] [--workdir DIR]`
pub fn run(mut options: Options) -> Result<()> {
    let (mut spec, mut output, mut target) = (ImageSpec::default(), None, String::new());
    while let Some(name) = options.next_name()? {
        match name.as_str() {
            "output" => output = Some(options.path()?),
            "target" => target = options.text()?,
            "base" => spec.base = Some(options.path()?),
            "verify-base" => spec.verify_base = true,
            "os" => spec.platform.os = options.text()?,
            "architecture" => spec.platform.architecture = options.text()?,
            "variant" => spec.platform.variant = options.text()?,
            "tar" => spec.layers.push(LayerFile {
                tar: options.path()?,
                description: None,
            }),
            "layer" => set_description(&mut spec, &mut options)?,
            "entrypoint" => spec.entrypoint = Some(options.path()?),
            "cmd" => spec.cmd = Some(options.path()?),
            "env" => spec.env = Some(options.path()?),
            "labels" => spec.labels = Some(options.path()?),
            "annotations" => spec.annotations = Some(options.path()?),
            "exposed-ports" => spec.exposed_ports = Some(options.path()?),
            "volumes" => spec.volumes = Some(options.path()?),
            "created" => spec.created = Some(options.path()?),
            "user" => spec.user = options.text()?,
            "workdir" => spec.workdir = options.text()?,
            _ => return unknown_option(&name),
        }
    }
    let output = required("output", output)?;
    assemble(&spec, &output).in_target(&target).map(drop)
}

fn set_description(spec: &mut ImageSpec, options: &mut Options) -> Result<()> {
    let Some(layer) = spec.layers.last_mut() else {
        return Err(Problem::Usage(
            "unexpected --layer: expected the --tar that it describes before it".into(),
        )
        .into());
    };
    layer.description = Some(options.path()?);
    Ok(())
}
