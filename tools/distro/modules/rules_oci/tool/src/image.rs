//! Assembles an image from a base, layers and settings.

use std::path::{Path, PathBuf};

use crate::attributes;
use crate::config::{Config, Platform};
use crate::error::{LocationContext, Problem, Result};
use crate::layer::Layer;
use crate::layout::Layout;
use crate::manifest::Manifest;
use crate::spec::{media_type, Descriptor};
use crate::warning;
use crate::writer::LayoutWriter;

/// The attributes of an image. Paths of settings are attribute files.
#[derive(Debug, Default)]
pub struct ImageSpec {
    /// A layout to build on.
    pub base: Option<PathBuf>,
    /// Whether to verify the digests of the base's layers.
    pub verify_base: bool,
    /// The platform of an image without a base.
    pub platform: Platform,
    /// The layers to add, in order.
    pub layers: Vec<LayerFile>,
    /// The entrypoint's arguments.
    pub entrypoint: Option<PathBuf>,
    /// The default arguments.
    pub cmd: Option<PathBuf>,
    /// `KEY=VALUE` lines.
    pub env: Option<PathBuf>,
    /// `KEY=VALUE` lines.
    pub labels: Option<PathBuf>,
    /// `KEY=VALUE` lines.
    pub annotations: Option<PathBuf>,
    /// Comma-separated ports.
    pub exposed_ports: Option<PathBuf>,
    /// Comma-separated paths.
    pub volumes: Option<PathBuf>,
    /// The user; empty to keep the base's.
    pub user: String,
    /// The working directory; empty to keep the base's.
    pub workdir: String,
    /// The creation time.
    pub created: Option<PathBuf>,
}

/// A layer to add.
#[derive(Debug)]
pub struct LayerFile {
    /// The tar.
    pub tar: PathBuf,
    /// The output of `oci-tool layer`; default: `assemble` reads the tar.
    pub description: Option<PathBuf>,
}

/// Writes the image's layout and returns the descriptor of its manifest.
pub fn assemble(spec: &ImageSpec, output: &Path) -> Result<Descriptor> {
    let writer = LayoutWriter::create(output)?;
    let (mut config, mut manifest) = match &spec.base {
        Some(path) => start_from(path, spec, &writer).in_attribute("base")?,
        None => (start_empty(&spec.platform)?, Manifest::scratch()),
    };
    add_layers(&spec.layers, &writer, &mut config, &mut manifest).in_attribute("tars")?;
    configure(spec, &mut config, &mut manifest)?;

    let config = writer.write(media_type::CONFIG, &config.to_bytes())?;
    let manifest = writer.write(manifest.media_type(), &manifest.to_bytes(&config))?;
    writer.finish(&manifest.to_value())?;
    Ok(manifest)
}

fn start_empty(platform: &Platform) -> Result<Config> {
    if platform.os.is_empty() || platform.architecture.is_empty() {
        return Err(Problem::MissingPlatform.into());
    }
    Ok(Config::scratch(platform))
}

fn start_from(path: &Path, spec: &ImageSpec, writer: &LayoutWriter) -> Result<(Config, Manifest)> {
    if spec.platform != Platform::default() {
        return Err(Problem::PlatformWithBase.into());
    }
    let layout = Layout::open(path)?;
    let base = layout.image()?;
    let (listed, counted) = (base.manifest.layers.len(), base.config.diff_ids().len());
    if listed != counted {
        let found = format!("the manifest lists {listed} layers, the config {counted}");
        return Err(Problem::InvalidLayout { found }.at(path));
    }
    for layer in &base.manifest.layers {
        let blob = layout.check_size(layer)?;
        if spec.verify_base {
            layout.check_content(layer)?;
        }
        writer.link(&layer.digest, &blob)?;
    }
    Ok((base.config, Manifest::from_base(base.manifest)))
}

fn add_layers(
    layers: &[LayerFile],
    writer: &LayoutWriter,
    config: &mut Config,
    manifest: &mut Manifest,
) -> Result<()> {
    for file in layers {
        let layer = match &file.description {
            Some(description) => Layer::from_file(description)?,
            None => {
                let found = Layer::inspect(&file.tar)?;
                warning::print("", &file.tar, &found.warnings);
                found.layer
            }
        };
        writer.link(&layer.descriptor.digest, &file.tar)?;
        config.push_layer(&layer.diff_id);
        manifest.push_layer(&layer.descriptor);
    }
    Ok(())
}

fn configure(spec: &ImageSpec, config: &mut Config, manifest: &mut Manifest) -> Result<()> {
    if let Some(path) = &spec.entrypoint {
        config.set_entrypoint(attributes::read_arguments(path).in_attribute("entrypoint")?);
    }
    if let Some(path) = &spec.cmd {
        config.set_cmd(attributes::read_arguments(path).in_attribute("cmd")?);
    }
    if let Some(path) = &spec.env {
        let pairs = attributes::read_variables(path).in_attribute("env")?;
        let merged = config.merge_env(&pairs);
        merged.map_err(|problem| problem.at(path)).in_attribute("env")?;
    }
    if let Some(path) = &spec.labels {
        config.merge_labels(attributes::read_pairs(path).in_attribute("labels")?);
    }
    if let Some(path) = &spec.annotations {
        manifest.merge_annotations(attributes::read_pairs(path).in_attribute("annotations")?);
    }
    if let Some(path) = &spec.exposed_ports {
        config.add_exposed_ports(attributes::read_names(path).in_attribute("exposed_ports")?);
    }
    if let Some(path) = &spec.volumes {
        config.add_volumes(attributes::read_names(path).in_attribute("volumes")?);
    }
    if let Some(path) = &spec.created {
        config.set_created(&attributes::read_time(path).in_attribute("created")?);
    }
    if !spec.user.is_empty() {
        config.set_user(&spec.user);
    }
    if !spec.workdir.is_empty() {
        config.set_workdir(&spec.workdir);
    }
    Ok(())
}
