//! Every file of a sync, read to its end. sled tidies up while it opens, so it gets a copy.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use offtake_core::Name;

use crate::admin::relative;
use crate::directory::StateDirectory;
use crate::files::{SyncFiles, paths, remove};
use crate::journal::End;
use crate::ladder::{CheckpointFound, Evidence, IndexFound, Plan, decide};
use crate::{Error, evidence};

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, from the sync's folder on.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

/// What the next opening does about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: all is well, or as a crash leaves it.
    Sound,
    /// It makes the damaged part again from the rest; nothing is lost.
    Mends(String),
    /// It refuses, OFT-S005.
    Refuses(String),
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkup {
    /// What was found, file by file.
    pub findings: Vec<Finding>,
    /// What it comes to.
    pub verdict: Verdict,
}

impl StateDirectory {
    /// Reads every file of a sync to its end and compares all sums. Changes nothing; needs as much free space as the index has.
    ///
    /// # Errors
    /// OFT-S009 when the sync has no state, OFT-S002 when a newer version wrote it, OFT-S003 on I/O, OFT-S008 on a full disk.
    pub fn check(&self, sync: &Name) -> Result<Checkup, Error> {
        let (_claim, place) = self.existing(sync)?;
        let twin = SyncFiles::twin(self.path(), sync);
        let copied = remove(&twin.folder).and_then(|()| imitate(&place.files.folder, &twin.folder));
        let looked = copied.map_err(Error::io("copy to", &twin.folder)).and_then(|()| {
            let mut findings = evidence::gather(&twin, &place.reserve)?;
            // Before its folder is removed.
            findings.index = None;
            evidence::gather_more(&twin, &mut findings)?;
            Ok(checkup(&place.files, &findings.evidence))
        });
        remove(&twin.folder).map_err(Error::io("remove", &twin.folder))?;
        looked
    }
}

fn checkup(files: &SyncFiles, found: &Evidence) -> Checkup {
    let mut findings = Vec::new();
    let mut find = |path: &Path, what: String| {
        findings.push(Finding { file: relative(path, &files.folder), what });
    };
    if found.manifest.is_none() {
        find(&files.manifest(), "is missing or damaged".to_owned());
    }
    for (number, checkpoint) in &found.checkpoints {
        match checkpoint {
            CheckpointFound::Good(_) => {}
            CheckpointFound::Beginning(_) => find(&files.checkpoint(*number), "has damaged rows".to_owned()),
            CheckpointFound::Damaged => find(&files.checkpoint(*number), "is damaged at its beginning".to_owned()),
        }
    }
    for (number, extent) in &found.journals {
        match extent {
            None => find(&files.journal(*number), "is damaged at its beginning".to_owned()),
            Some(extent) => match extent.end {
                End::Whole => {}
                End::Torn(at) => find(&files.journal(*number), format!("ends with an unfinished record at byte {at}")),
                End::Damaged => find(&files.journal(*number), format!("is damaged after change {}", extent.last)),
            },
        }
    }
    if let IndexFound::Bad(words, _) = &found.index {
        find(Path::new("index"), words.clone());
    }
    let verdict = match decide(found) {
        Plan::Keep { mend: None, .. } | Plan::Rebuild { found: None, .. } => Verdict::Sound,
        Plan::Keep { mend: Some(found), .. } | Plan::Rebuild { found: Some(found), .. } | Plan::Trust { found, .. } => {
            Verdict::Mends(found)
        }
        Plan::Refuse { why } => Verdict::Refuses(why),
    };
    Checkup { findings, verdict }
}

/// A copy of a sync's folder. What is only read is linked where the system can.
fn imitate(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for path in paths(from)? {
        let target = to.join(path.file_name().unwrap_or_default());
        let read_only = path.extension().is_some_and(|kind| kind == "ckpt" || kind == "log");
        if path.is_dir() {
            imitate(&path, &target)?;
        } else if !read_only || fs::hard_link(&path, &target).is_err() {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
