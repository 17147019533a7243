use crate::SampleOptions;

/// Lines that come from one stream of chance, wherever they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) number: u64,
    pub(crate) bedrock_lines: u64,
    pub(crate) other_lines: u64,
}

/// The number of the slice that only a restated month has.
const LATE: u64 = u64::MAX;
/// Lines in a file of a large month.
const LINES_PER_FILE: u64 = 500_000;

impl Slice {
    pub(crate) fn opens_the_month(&self) -> bool {
        self.number == 0
    }

    pub(crate) fn is_late(&self) -> bool {
        self.number == LATE
    }
}

/// Which slices go into which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) files: Vec<Vec<Slice>>,
}

impl Plan {
    /// The first version has a file for each slice. The restated one holds the same slices in one file less, and the
    /// late lines: AWS then leaves the last file of the first version behind, empty.
    pub(crate) fn of(options: &SampleOptions, version: u32) -> Self {
        let mut files: Vec<Vec<Slice>> = slices(options).into_iter().map(|slice| vec![slice]).collect();
        if version > 1 {
            let moved = files.pop().unwrap_or_default();
            let late = Slice { number: LATE, bedrock_lines: options.lines / 100 + 2, other_lines: 0 };
            files[0].extend(moved);
            files[0].push(late);
        }
        Self { files }
    }

    pub(crate) fn lines(&self) -> u64 {
        self.files.iter().flatten().map(|slice| slice.bedrock_lines + slice.other_lines).sum()
    }
}

/// At least two, so that every month has several files.
fn slices(options: &SampleOptions) -> Vec<Slice> {
    let count = (options.lines / 50_000).clamp(2, 4).max(options.lines.div_ceil(LINES_PER_FILE));
    let bedrock = u64::try_from(u128::from(options.lines) * u128::from(options.bedrock_percent) / 100).unwrap_or(0);
    let other = options.lines - bedrock;
    let share = |lines: u64, number: u64| lines / count + u64::from(number < lines % count);
    (0..count)
        .map(|number| Slice { number, bedrock_lines: share(bedrock, number), other_lines: share(other, number) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(lines: u64) -> SampleOptions {
        SampleOptions { lines, ..SampleOptions::default() }
    }

    #[test]
    fn every_line_has_its_file() {
        for (lines, files) in [(0, 2), (1, 2), (1_001, 2), (200_000, 4), (10_000_000, 20)] {
            let plan = Plan::of(&options(lines), 1);
            assert_eq!((plan.lines(), plan.files.len()), (lines, files));
        }
    }

    #[test]
    fn a_restated_month_has_more_lines_in_fewer_files() {
        let plan = Plan::of(&options(10_000), 2);
        assert_eq!((plan.lines(), plan.files.len()), (10_102, 1));
    }
}
