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
    /// A guard wants a person's approval.
    NeedsApproval = 5,
    /// The destination cannot be reached or refuses the credential.
    Unreachable = 6,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
    /// Stopped by the system.
    Terminated = 143,
}

impl Exit {
    /// What has to be acted on first: damage, then a lock, then the destination, then a person's word, then files, then rows.
    pub(crate) fn worse(self, other: Self) -> Self {
        let urgency = |exit: Self| match exit {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NeedsApproval => 3,
            Self::Unreachable => 4,
            Self::Locked => 5,
            Self::Damaged => 6,
            Self::Interrupted | Self::Terminated => 7,
        };
        if urgency(other) > urgency(self) { other } else { self }
    }

    /// The exit code that belongs to an error code.
    pub(crate) fn of(code: &str) -> Self {
        match code {
            "OFT-S001" => Self::Locked,
            "OFT-S002" | "OFT-S004" | "OFT-S005" | "OFT-S007" => Self::Damaged,
            "OFT-A001" | "OFT-A002" | "OFT-A004" | "OFT-E101" | "OFT-E102" | "OFT-E106" => Self::Unreachable,
            "OFT-S009" | "OFT-S010" | "OFT-R019" => Self::Usage,
            _ if ["OFT-C", "OFT-A", "OFT-B", "OFT-E3", "OFT-K", "OFT-P01"]
                .iter()
                .any(|kind| code.starts_with(kind)) =>
            {
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
