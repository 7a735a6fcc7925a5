//! Reads libtest's summaries out of what cargo prints.

/// Tests that were run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Count {
    /// `test result: ok. 23 passed; 0 failed; 0 ignored; …`
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let (_, summary) = line.trim_start().strip_prefix("test result: ")?.split_once(". ")?;
        let mut count = Self::default();
        for part in summary.split(';') {
            match part.trim().split_once(' ') {
                Some((number, "passed")) => count.passed = number.parse().ok()?,
                Some((number, "failed")) => count.failed = number.parse().ok()?,
                _ => {}
            }
        }
        Some(count)
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_read() {
        let good = "test result: ok. 23 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.03s";
        let bad = "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(Count::of_line(good), Some(Count { passed: 23, failed: 0 }));
        assert_eq!(Count::of_line(bad), Some(Count { passed: 2, failed: 4 }));
        for line in ["test a::b ... ok", "23 passed, 0 failed", "test result: "] {
            assert_eq!(Count::of_line(line), None, "{line}");
        }
    }

    #[test]
    fn counts_are_summed() {
        let mut sum = Count::default();
        sum.add(Count { passed: 2, failed: 1 });
        sum.add(Count { passed: 3, failed: 0 });
        assert_eq!(sum, Count { passed: 5, failed: 1 });
    }
}
