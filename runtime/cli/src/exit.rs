//! What the process says when it ends.

use std::process::ExitCode;

/// Exit codes. Anything but 0 is a failure, except 2 of `plan --detailed-exitcode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Success = 0,
    /// A run failed or left rows pending.
    Failed = 1,
    /// The command, a file or a setting is wrong; with `--detailed-exitcode`: there are changes.
    Usage = 2,
    /// Another process holds the state.
    Locked = 3,
    /// The state is damaged.
    Damaged = 4,
    /// The destination cannot be reached or refuses the credential.
    Unreachable = 6,
}

impl Exit {
    /// The exit code that belongs to an error code.
    pub(crate) fn of(code: &str) -> Self {
        match code {
            "OFT-S001" => Self::Locked,
            "OFT-S002" | "OFT-S004" | "OFT-S005" | "OFT-S007" => Self::Damaged,
            "OFT-A001" | "OFT-A002" | "OFT-E101" | "OFT-E102" => Self::Unreachable,
            _ if ["OFT-C", "OFT-A", "OFT-B", "OFT-E3", "OFT-P01"].iter().any(|kind| code.starts_with(kind)) => {
                Self::Usage
            }
            "OFT-D007" | "OFT-D008" => Self::Failed,
            _ if code.starts_with("OFT-D") => Self::Usage,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
