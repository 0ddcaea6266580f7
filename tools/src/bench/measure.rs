//! Stopwatch, quantiles, and what the machine says of this process.
//!
//! Invariant: whatever cannot be read is left out of a report, never guessed.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts one.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns how long it has run.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Returns how long it has run, in seconds.
    pub fn seconds(self) -> f64 {
        self.elapsed().as_secs_f64()
    }

    /// Returns how many of `things` passed in a second.
    pub fn rate(self, things: usize) -> f64 {
        things as f64 / self.seconds().max(f64::EPSILON)
    }
}

/// Values of one kind: rates of rounds, or durations of single calls.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds how long something took, in milliseconds.
    pub fn add_time(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1000.0);
    }

    /// Adds all of `other`.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns how many values there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns each value divided by the one of `other` that was added when it was.
    pub fn over(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(own, other)| own / other).collect())
    }

    /// Returns the value below which half of them lie; none if there are none.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// Returns the value below which 99 of 100 lie; none if there are none.
    pub fn p99(&self) -> Option<f64> {
        self.quantile(0.99)
    }

    /// Returns the smallest and the largest value.
    pub fn extremes(&self) -> Option<(f64, f64)> {
        self.quantile(0.0).zip(self.quantile(1.0))
    }

    /// Nearest rank: a value that was measured, never one between two.
    fn quantile(&self, share: f64) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let ranks = (1..=sorted.len()).position(|rank| rank as f64 >= share * sorted.len() as f64);
        sorted.get(ranks.unwrap_or(last)).copied()
    }
}

/// Returns the exponent by which `to` grew over `from` while the size grew `times`: 0 is constant, 1 is linear.
pub fn exponent(from: f64, to: f64, times: f64) -> f64 {
    (to / from).ln() / times.ln()
}

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Resident now.
    pub resident: u64,
    /// The most it ever was.
    pub peak: u64,
}

impl Memory {
    /// Returns that of this process.
    pub fn own() -> Option<Self> {
        Self::read(Path::new("/proc/self/status"))
    }

    /// Returns that of another process.
    pub fn of(process: u32) -> Option<Self> {
        Self::read(Path::new(&format!("/proc/{process}/status")))
    }

    fn read(status: &Path) -> Option<Self> {
        let text = fs::read_to_string(status).ok()?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
        };
        Some(Self { resident: field("VmRSS:")?, peak: field("VmHWM:")? })
    }
}

/// Returns how many bytes the files below `folder` take on the disk.
pub fn disk(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => disk(&entry.path()),
        Ok(found) => found.blocks() * 512,
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

/// Returns the load average of the last minute.
pub fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Returns what kind of processor this is.
pub fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

/// Returns the version of the kernel.
pub fn kernel() -> Option<String> {
    fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let mut samples = Samples::default();
        assert_eq!((samples.median(), samples.p99()), (None, None));
        (1..=100).rev().for_each(|value| samples.add(f64::from(value)));
        assert_eq!((samples.median(), samples.p99()), (Some(50.0), Some(99.0)));
        assert_eq!(samples.extremes(), Some((1.0, 100.0)));
        samples.append(Samples(vec![1000.0; 100]));
        assert_eq!((samples.median(), samples.p99()), (Some(100.0), Some(1000.0)));
        // Of a disk that halves and doubles what it gives, each round is compared for itself.
        let (own, other) = (Samples(vec![2.0, 8.0, 30.0]), Samples(vec![4.0, 8.0, 20.0]));
        assert_eq!((own.over(&other).0, own.over(&Samples::default()).0), (vec![0.5, 1.0, 1.5], vec![]));
    }

    #[test]
    fn growth_is_an_exponent() {
        assert!((exponent(3.0, 3.0, 100.0)).abs() < 1e-9);
        assert!((exponent(3.0, 300.0, 100.0) - 1.0).abs() < 1e-9);
        assert!((exponent(1.0, 10_000.0, 100.0) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn this_process_has_memory_and_a_folder_takes_room() {
        let memory = Memory::own().unwrap();
        assert!(memory.resident > 1 << 20 && memory.peak >= memory.resident);
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("file"), vec![1; 100_000]).unwrap();
        assert!(disk(folder.path()) >= 100_000);
    }
}
