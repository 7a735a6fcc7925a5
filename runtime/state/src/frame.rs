//! The one framing of journal, checkpoint and export.
//!
//! ```text
//! length u32 | guard u32 | checksum u64 | payload
//! ```
//! Little-endian. The guard is a checksum of the length: without it a flipped bit of a length would look like a frame
//! that a crash cut short, and everything after it would be taken for never written. Both checksums are seeded with the
//! file's salt and the frame's position, so a frame of another file or place is never taken for this one.

use std::io::{self, Read};

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A record of [`crate::record::ROWS_MAX`] rows, each as long as a row may be, stays below.
pub(crate) const FRAME_BYTES_MAX: usize = 64 << 20;
const HEADER: usize = 16;
/// What a disk writes whole. A frame that a power cut tore has at least one of these unwritten.
const SECTOR: u64 = 512;

/// Tells files apart, so that leftover bytes of one are never read as frames of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Salt(u64);

impl Salt {
    /// A checkpoint or an export: the same, so that each can be read as the other.
    pub(crate) const STREAM: Self = Self(0);

    /// The journal of that number.
    pub(crate) fn journal(number: u64) -> Self {
        Self(xxh3_64_with_seed(b"journal", number))
    }

    fn at(self, position: u64) -> u64 {
        self.0 ^ position
    }
}

/// Appends a frame that stands at `position` of its file.
pub(crate) fn push(buffer: &mut Vec<u8>, salt: Salt, position: u64, payload: &[u8]) -> io::Result<()> {
    if payload.is_empty() || payload.len() > FRAME_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("a frame of {} bytes", payload.len())));
    }
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let seed = salt.at(position);
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(&guard(length, seed).to_le_bytes());
    buffer.extend_from_slice(&xxh3_64_with_seed(payload, seed).to_le_bytes());
    buffer.extend_from_slice(payload);
    Ok(())
}

fn guard(length: u32, seed: u64) -> u32 {
    let [a, b, c, d, ..] = xxh3_64_with_seed(&length.to_le_bytes(), seed).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// What stands at a position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A payload as it was written.
    Frame(Vec<u8>),
    /// Nothing more.
    End,
    /// The beginning of a frame whose write never ended; nothing follows.
    Torn,
    /// Bytes that nobody wrote.
    Damaged,
}

/// Reads frames one after another.
#[derive(Debug)]
pub(crate) struct Frames<R> {
    source: R,
    salt: Salt,
    position: u64,
}

impl<R: Read> Frames<R> {
    pub(crate) fn new(source: R, salt: Salt) -> Self {
        Self { source, salt, position: 0 }
    }

    /// Where the next frame begins.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn next(&mut self) -> io::Result<Next> {
        let mut bytes = Vec::with_capacity(HEADER);
        self.fill(&mut bytes, HEADER)?;
        if bytes.is_empty() {
            return Ok(Next::End);
        }
        let Some((length, guarded, checksum)) = header(&bytes) else {
            return Ok(Next::Torn);
        };
        let seed = self.salt.at(self.position);
        let wanted = length as usize;
        if guard(length, seed) != guarded || wanted > FRAME_BYTES_MAX {
            // A file that was made longer before its bytes came is zero to its end.
            self.fill(&mut bytes, HEADER + FRAME_BYTES_MAX)?;
            let unwritten = bytes.iter().skip(HEADER).all(|byte| *byte == 0);
            return Ok(if unwritten { Next::Torn } else { Next::Damaged });
        }
        self.fill(&mut bytes, HEADER + wanted)?;
        let payload = bytes.get(HEADER..).unwrap_or_default();
        if payload.len() < wanted {
            return Ok(Next::Torn);
        }
        if xxh3_64_with_seed(payload, seed) != checksum {
            let last = self.source.by_ref().take(1).read_to_end(&mut Vec::new())? == 0;
            let torn = last && has_unwritten_sector(self.position, &bytes);
            return Ok(if torn { Next::Torn } else { Next::Damaged });
        }
        self.position += (HEADER + wanted) as u64;
        bytes.drain(..HEADER);
        Ok(Next::Frame(bytes))
    }

    /// Reads until there are `length` bytes or no more.
    fn fill(&mut self, bytes: &mut Vec<u8>, length: usize) -> io::Result<()> {
        let missing = length.saturating_sub(bytes.len()) as u64;
        self.source.by_ref().take(missing).read_to_end(bytes)?;
        Ok(())
    }
}

fn header(bytes: &[u8]) -> Option<(u32, u32, u64)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (guard, rest) = rest.split_first_chunk::<4>()?;
    let (checksum, _) = rest.split_first_chunk::<8>()?;
    Some((u32::from_le_bytes(*length), u32::from_le_bytes(*guard), u64::from_le_bytes(*checksum)))
}

/// Whether a sector of the frame, as far as it belongs to the frame, was never written.
fn has_unwritten_sector(position: u64, frame: &[u8]) -> bool {
    let first = usize::try_from(SECTOR - position % SECTOR).unwrap_or(0).min(frame.len());
    let (head, rest) = frame.split_at_checked(first).unwrap_or((frame, &[]));
    let sectors = std::iter::once(head).chain(rest.chunks(usize::try_from(SECTOR).unwrap_or(1)));
    sectors.filter(|sector| sector.len() >= HEADER).any(|sector| sector.iter().all(|byte| *byte == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(payloads: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Vec::new();
        for payload in payloads {
            let position = file.len() as u64;
            push(&mut file, Salt::journal(3), position, payload).unwrap();
        }
        file
    }

    fn read(bytes: &[u8]) -> (usize, Next) {
        let mut frames = Frames::new(bytes, Salt::journal(3));
        let mut count = 0;
        loop {
            match frames.next().unwrap() {
                Next::Frame(_) => count += 1,
                other => return (count, other),
            }
        }
    }

    #[test]
    fn a_frame_reads_back_and_only_in_its_place() {
        let bytes = file(&[vec![1; 40], vec![2; 900]]);
        assert_eq!(read(&bytes), (2, Next::End));
        assert_eq!(read(&bytes[56..]), (0, Next::Damaged));
        let mut other = Frames::new(bytes.as_slice(), Salt::journal(4));
        assert_eq!(other.next().unwrap(), Next::Damaged);
        assert!(push(&mut Vec::new(), Salt::STREAM, 0, &[]).is_err());
    }

    #[test]
    fn a_cut_is_torn_wherever_it_is() {
        let bytes = file(&[vec![1; 40], vec![2; 900]]);
        for end in 57..bytes.len() {
            assert_eq!(read(&bytes[..end]), (1, Next::Torn), "{end}");
            let mut longer = bytes[..end].to_vec();
            longer.resize(bytes.len(), 0);
            let (count, next) = read(&longer);
            assert_eq!(count, 1);
            // A few missing bytes at the end of a sector cannot be told from damage, and damage is the safe answer.
            assert!(next == Next::Torn || bytes.len() - end < 512 + 16, "{end}: {next:?}");
        }
    }

    #[test]
    fn a_flipped_bit_is_damage_and_never_a_cut() {
        let bytes = file(&[vec![1; 40], vec![2; 900]]);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(read(&flipped), (usize::from(at >= 56), Next::Damaged), "{at} {bit}");
            }
        }
    }
}
