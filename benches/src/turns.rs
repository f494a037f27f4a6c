//! Measures several works in turns, so that other load of the machine falls on all of them alike.

use std::time::Duration;

use crate::clock::Spent;
use crate::error::BenchError;

/// Medians of many measurements of one work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Medians {
    /// Elapsed time.
    pub wall: Duration,
    /// CPU time.
    pub cpu: Duration,
}

/// A work to measure: runs once and returns its cost.
pub type Work<'a> = Box<dyn FnMut() -> Result<Spent, BenchError> + 'a>;

/// Repeats a work and returns its average cost.
///
/// # Errors
///
/// The first one of the work.
pub fn average_of(
    repetitions: u32,
    mut work: impl FnMut() -> Result<Spent, BenchError>,
) -> Result<Spent, BenchError> {
    let mut sum = Spent::default();
    for _ in 0..repetitions {
        let once = work()?;
        sum = Spent { wall: sum.wall + once.wall, cpu: sum.cpu + once.cpu };
    }
    Ok(Spent { wall: sum.wall / repetitions, cpu: sum.cpu / repetitions })
}

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

/// Returns the median, of an even number the lower of the two in the middle, of none zero.
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
