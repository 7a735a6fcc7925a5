//! Whether a component may run in a project: its pin, its signature, the operator's trust.

use std::path::{Path, PathBuf};

use offtake_config::Project;
use offtake_core::Fault;
use offtake_core::trust::{Evidence, TrustPolicy};
use offtake_plugin::{Inspected, inspect};
use offtake_registry::{Installed, Lock, Signature};

/// Where a project's connectors come from, and whose they may be.
#[derive(Debug, Clone)]
pub(crate) struct Supply {
    folder: PathBuf,
    policy: TrustPolicy,
}

impl Supply {
    pub(crate) fn of(project: &Project) -> Self {
        Self { folder: project.folder.clone(), policy: project.trust.clone() }
    }

    /// Whether a person has installed what is in this file.
    pub(crate) fn is_pinned(&self, file: &Path) -> Result<bool, Fault> {
        Ok(Lock::load(&self.folder)?.of_file(self.shown(file)).is_some())
    }

    fn shown<'a>(&self, file: &'a Path) -> &'a Path {
        file.strip_prefix(&self.folder).unwrap_or(file)
    }

    /// Reads a component of the project, and refuses what may not run. What is returned is what was judged: the file may be
    /// another one by now.
    pub(crate) fn admit(&self, file: &Path) -> Result<Inspected, Fault> {
        let mut inspected = inspect(file)?;
        let lock = Lock::load(&self.folder)?;
        if let Some(pin) = lock.of_file(self.shown(file))
            && pin.sha256 != inspected.digest
        {
            if !Installed::of(&self.folder).finish(pin, &inspected.digest)? {
                let message =
                    format!("{} is not the {} {} that offtake.lock pins", file.display(), pin.id, pin.version);
                let help = format!(
                    "offtake plugin install {0} pins it; offtake plugin install puts the pinned one back",
                    file.display()
                );
                return Err(Fault::new("OFT-P035", message).with_help(help));
            }
            inspected = inspect(file)?;
        }
        let signature = Signature::beside(file)?;
        self.judge(&inspected, signature.as_slice())?;
        Ok(inspected)
    }

    /// Whether a component with these signatures may run. Returns the key that vouches for it.
    pub(crate) fn judge(&self, inspected: &Inspected, signatures: &[Signature]) -> Result<Option<String>, Fault> {
        let manifest = &inspected.manifest;
        let signed_by =
            signatures.iter().find_map(|signature| signature.by(&inspected.bytes, self.policy.keys_for(&manifest.id)));
        self.policy.judge(&Evidence {
            id: &manifest.id,
            version: &manifest.version,
            sha256: &inspected.digest,
            signed_by,
            has_signature: !signatures.is_empty(),
        })?;
        Ok(signed_by.map(str::to_owned))
    }
}
