//! Where the records of a CSV file are.

/// Finds the lines of records. The reader's own count does not see blank lines
/// and both halves of a line end.
pub(super) struct Lines<'a> {
    csv: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) const fn new(csv: &'a [u8]) -> Self {
        Self {
            csv,
            counted: 0,
            line: 1,
        }
    }

    /// The line at which the record between two offsets begins, and whether it
    /// ends with the file inside quotation marks.
    pub(super) fn locate(&mut self, start: u64, end: u64) -> (u64, bool) {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let end = usize::try_from(end)
            .unwrap_or(usize::MAX)
            .min(self.csv.len());
        let blank = self.csv[start.min(end)..end]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let start = start.min(end) + blank;
        self.line += count(b'\n', &self.csv[self.counted..start]);
        self.counted = start;
        let record = &self.csv[start..end];
        let several_lines = count(b'\n', record.trim_ascii_end()) > 0;
        let quotes = count(b'"', record);
        let open = end == self.csv.len() && several_lines && quotes % 2 == 1;
        (self.line, open)
    }
}

fn count(wanted: u8, bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == wanted)).sum()
}
