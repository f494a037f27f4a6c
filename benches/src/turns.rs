//! Measuring several things in turns, so that what else the machine does falls on all of them alike.

use std::time::Duration;

use crate::clock::Spent;
use crate::error::BenchError;

/// The medians of many measurements of one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Medians {
    /// Of the time that passed.
    pub wall: Duration,
    /// Of the CPU time.
    pub cpu: Duration,
}

/// One thing to measure: does its work once and tells what it cost.
pub type Work<'a> = Box<dyn FnMut() -> Result<Spent, BenchError> + 'a>;

/// Measures every work `rounds` times, one after the other in each round.
///
/// # Errors
///
/// The first one of any work.
pub fn in_turns(rounds: usize, works: &mut [Work<'_>]) -> Result<Vec<Medians>, BenchError> {
    let mut spent = vec![(Vec::with_capacity(rounds), Vec::with_capacity(rounds)); works.len()];
    for _ in 0..rounds {
        for (work, (wall, cpu)) in works.iter_mut().zip(&mut spent) {
            let once = work()?;
            wall.push(once.wall);
            cpu.push(once.cpu);
        }
    }
    Ok(spent.into_iter().map(|(wall, cpu)| Medians { wall: median(wall), cpu: median(cpu) }).collect())
}

/// The one in the middle; of an even number, the lower one of the two. Nothing for nothing.
#[must_use]
pub fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations.get(durations.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_lie_in_the_middle() {
        let of = |millis: &[u64]| median(millis.iter().map(|&ms| Duration::from_millis(ms)).collect());
        assert_eq!(of(&[]), Duration::ZERO);
        assert_eq!(of(&[7]), Duration::from_millis(7));
        assert_eq!(of(&[9, 1, 5]), Duration::from_millis(5));
        assert_eq!(of(&[9, 1, 5, 100]), Duration::from_millis(5));
    }

    #[test]
    fn works_take_turns() {
        let order = std::cell::RefCell::new(Vec::new());
        let work = |name: char| {
            let order = &order;
            Box::new(move || {
                order.borrow_mut().push(name);
                Ok(Spent { wall: Duration::from_millis(2), cpu: Duration::from_millis(1) })
            })
        };
        let medians = in_turns(2, &mut [work('a'), work('b')]).unwrap();
        assert_eq!(*order.borrow(), ['a', 'b', 'a', 'b']);
        assert_eq!(medians[1], Medians { wall: Duration::from_millis(2), cpu: Duration::from_millis(1) });
    }
}
