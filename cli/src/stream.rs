//! Lines in, JSON lines out, in step.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Done;
use crate::failure::{Failure, Status};
use crate::input::{Line, MAX_LINE, Source};
use crate::output::Output;

/// What became of one line.
pub enum Answered {
    /// It was answered on the output, or needs no answer.
    Yes,
    /// It could not be read, for this reason.
    No(String),
}

/// Answers every line of a file or of standard input. A line that can not be answered is reported with its number,
/// and the rest goes on. Output is flushed whenever the input runs dry, so that a live stream is answered at once.
pub fn each_line(
    file: Option<&Path>,
    mut answer: impl FnMut(&[u8], &mut Output) -> Result<Answered, Failure>,
) -> Done {
    each_numbered_line(file, |_, line, output| answer(line, output), |_| Ok(Status::Clean))
}

/// [`each_line`] with the number of each, and a last word when all are answered.
pub fn each_numbered_line(
    file: Option<&Path>,
    mut answer: impl FnMut(usize, &[u8], &mut Output) -> Result<Answered, Failure>,
    finish: impl FnOnce(&mut Output) -> Result<Status, Failure>,
) -> Done {
    let mut source = Source::open(file)?;
    let mut output = Output::new();
    let mut progress = Progress::beside_output();
    let mut status = Status::Clean;
    loop {
        if source.is_drained() {
            output.flush()?;
        }
        let number = source.line_number() + 1;
        let answered = match source.next_line()? {
            None => break,
            Some(Line::Bytes(line)) => answer(number, line, &mut output)?,
            Some(Line::TooLong) => {
                Answered::No(format!("the line is longer than {MAX_LINE} bytes, the limit"))
            }
        };
        if let Answered::No(why) = answered {
            progress.clear();
            source.report(why);
            status = Status::BadInput;
        }
        progress.at(source.line_number());
    }
    progress.clear();
    let status = status.max(finish(&mut output)?);
    output.flush()?;
    Ok(status)
}

/// A running count on standard error, for people: only on a terminal, and only when it takes long.
pub struct Progress {
    next: Option<Instant>,
    shown: bool,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_secs(1);
    const INTERVAL: Duration = Duration::from_millis(200);
    /// The clock is read once in so many lines.
    const STRIDE: usize = 256;

    /// Starts the clock, of a command that writes its output meanwhile.
    pub fn beside_output() -> Self {
        Self::new(io::stdout().is_terminal())
    }

    /// Starts the clock, of work during which nothing is written to standard output.
    pub fn without_output() -> Self {
        Self::new(false)
    }

    fn new(output_is_on_terminal: bool) -> Self {
        let shows = Self::shows(io::stderr().is_terminal(), output_is_on_terminal);
        Self { next: shows.then(|| Instant::now() + Self::PATIENCE), shown: false }
    }

    /// On one terminal the count and the output would mix.
    const fn shows(is_terminal: bool, output_is_on_terminal: bool) -> bool {
        is_terminal && !output_is_on_terminal
    }

    /// `lines` have been read.
    pub fn at(&mut self, lines: usize) {
        if !lines.is_multiple_of(Self::STRIDE) {
            return;
        }
        self.show(format_args!("{lines} lines"));
    }

    /// This share of a long computation is done.
    pub fn share(&mut self, done: f64) {
        self.show(format_args!("{:3.0} %", done * 100.0));
    }

    fn show(&mut self, what: std::fmt::Arguments<'_>) {
        let now = Instant::now();
        if self.next.is_some_and(|next| now >= next) {
            self.next = Some(now + Self::INTERVAL);
            self.shown = true;
            // Progress that can not be shown is no reason to stop.
            let _ = write!(io::stderr(), "\r{what}");
        }
    }

    /// Takes the count off the terminal.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_for_people_who_see_nothing_else() {
        assert!(Progress::shows(true, false), "nothing is written, or into a file");
        assert!(!Progress::shows(true, true), "the output is what they see");
        assert!(!Progress::shows(false, false), "nobody looks");
    }
}
