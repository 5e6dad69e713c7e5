//! Receipts on their way to the scorer.

use std::collections::VecDeque;

use crate::store::{Failure, Scorer};

/// Receipts kept while the scorer can not be reached; beyond it the oldest go.
const QUEUE_LIMIT: usize = 200;
const BATCH: usize = 100;

/// Receipts that wait, and the digest the next one follows. A chain is of one instance.
#[derive(Debug, Default)]
pub struct Receipts {
    /// Digest of the last one made.
    pub previous: Option<String>,
    waiting: VecDeque<String>,
}

impl Receipts {
    /// Keeps one, JSON, for the next [`flush`](Self::flush).
    pub fn record(&mut self, receipt: String) {
        if self.waiting.len() >= QUEUE_LIMIT {
            self.waiting.pop_front();
        }
        self.waiting.push_back(receipt);
    }

    /// Sends what waits. What fails is kept for the next time; what the scorer finds at fault is dropped, because it
    /// would be at fault for ever and hold up all others.
    ///
    /// # Errors
    /// Why not all of it was taken.
    pub fn flush(&mut self, scorer: &dyn Scorer) -> Result<(), Failure> {
        while !self.waiting.is_empty() {
            let size = self.waiting.len().min(BATCH);
            let (batch, _) = self.waiting.make_contiguous().split_at(size);
            let sent = scorer.record(&format!(r#"{{"receipts":[{}]}}"#, batch.join(",")));
            if !matches!(sent, Err(Failure::Unreachable(_) | Failure::Refused(_) | Failure::Garbage(_))) {
                self.waiting.drain(..size);
            }
            sent?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// Answers in turn, and remembers what it was sent.
    struct Recorder(RefCell<Vec<Result<(), Failure>>>, RefCell<Vec<String>>);

    impl Scorer for Recorder {
        fn assess(&self, _: &str) -> Result<String, Failure> {
            panic!("not asked for")
        }
        fn state(&self, _: u64) -> Result<String, Failure> {
            panic!("not asked for")
        }
        fn record(&self, receipts: &str) -> Result<(), Failure> {
            self.1.borrow_mut().push(receipts.to_owned());
            self.0.borrow_mut().pop().unwrap_or(Ok(()))
        }
    }

    #[test]
    fn what_fails_is_sent_again_and_what_is_at_fault_is_not() {
        let answers =
            vec![Err(Failure::Rejected("422".to_owned())), Err(Failure::Unreachable("gone".to_owned()))];
        let scorer = Recorder(answers.into(), RefCell::default());
        let mut receipts = Receipts::default();
        receipts.record("1".to_owned());
        assert!(receipts.flush(&scorer).is_err());
        receipts.record("2".to_owned());
        assert!(receipts.flush(&scorer).is_err());
        assert!(receipts.flush(&scorer).is_ok());
        assert_eq!(*scorer.1.borrow(), [r#"{"receipts":[1]}"#, r#"{"receipts":[1,2]}"#]);
    }

    #[test]
    fn the_queue_is_bounded_and_sent_in_batches() {
        let scorer = Recorder(RefCell::default(), RefCell::default());
        let mut receipts = Receipts::default();
        (0..QUEUE_LIMIT + 10).for_each(|number| receipts.record(number.to_string()));
        receipts.flush(&scorer).unwrap();
        let sent = scorer.1.borrow();
        assert_eq!(sent.len(), QUEUE_LIMIT / BATCH);
        assert!(sent[0].starts_with(r#"{"receipts":[10,11,"#));
    }
}
