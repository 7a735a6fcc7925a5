//! A component from wherever a person says it is, with the signatures that came with it.

use std::path::{Path, PathBuf};

use offtake_core::Fault;
use offtake_plugin::{Inspected, inspect, inspect_bytes};
use offtake_registry::{Origin, Place, Pulled, Registry, RegistryOptions, Signature};

use crate::args::RegistryArgs;

/// What was fetched. Nobody has vouched for it yet.
pub(super) struct Fetched {
    pub(super) inspected: Inspected,
    pub(super) signatures: Vec<Signature>,
    pub(super) origin: Origin,
}

pub(super) async fn fetch(folder: &Path, place: &str, args: &RegistryArgs) -> Result<Fetched, Fault> {
    match Place::parse(place, folder)? {
        Place::File(path) => {
            let signatures = Signature::beside(&path)?.into_iter().collect();
            Ok(Fetched { inspected: inspect(&path)?, signatures, origin: Origin::File(PathBuf::from(place)) })
        }
        Place::Registry(reference) => {
            let Pulled { reference, component, signatures } = registry(folder, args)?.pull(&reference).await?;
            let inspected = inspect_bytes(Path::new(&reference), component)?;
            Ok(Fetched { inspected, signatures, origin: Origin::Registry(reference) })
        }
    }
}

/// A client of registries, with the logins that `docker login` has kept.
pub(super) fn registry(folder: &Path, args: &RegistryArgs) -> Result<Registry, Fault> {
    let named = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let docker = named.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker")));
    let options = RegistryOptions {
        plain_http: args.plain_http,
        ca_file: args.ca_file.as_ref().map(|file| folder.join(file)),
        docker_config: docker.map(|docker| docker.join("config.json")),
    };
    Ok(Registry::new(&options)?)
}
