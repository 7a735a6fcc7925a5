//! Whether a component may run in a project: its pin, its signature, the operator's trust.

use std::path::{Path, PathBuf};

use offtake_config::Project;
use offtake_core::Fault;
use offtake_core::trust::{Evidence, TrustPolicy};
use offtake_plugin::{Inspected, inspect};
use offtake_registry::{Installed, Lock, Pin, Signature};

/// Where a project's connectors come from, and whose they may be.
#[derive(Debug, Clone)]
pub(crate) struct Supply {
    folder: PathBuf,
    policy: TrustPolicy,
}

/// A component that may run.
pub(crate) struct Admitted {
    pub(crate) inspected: Inspected,
    /// The key that vouches for it; none where the project allows that.
    pub(crate) signer: Option<String>,
    /// Whether a person has installed just this.
    pub(crate) is_pinned: bool,
}

impl Supply {
    pub(crate) fn of(project: &Project) -> Self {
        Self { folder: project.folder.clone(), policy: project.trust.clone() }
    }

    /// The pin of a file, however its path is written and whatever links lead to it.
    fn pin_of<'a>(&self, lock: &'a Lock, file: &Path) -> Option<&'a Pin> {
        let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let file = whole(file);
        lock.pins().find(|pin| whole(&self.folder.join(&pin.file)) == file)
    }

    /// Reads a component of the project, and refuses what may not run. What is returned is what was judged: the file may be
    /// another one by now.
    pub(crate) fn admit(&self, file: &Path) -> Result<Admitted, Fault> {
        let mut inspected = inspect(file)?;
        let lock = Lock::load(&self.folder)?;
        let pin = self.pin_of(&lock, file);
        if let Some(pin) = pin
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
        let signer = self.judge(&inspected, signature.as_slice())?;
        Ok(Admitted { inspected, signer, is_pinned: pin.is_some() })
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
