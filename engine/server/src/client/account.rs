//! The budgets of a token, and what was taken from them since the server started.
//!
//! Fuel and money are claimed before work begins and settled when it ends, so concurrent work does not exceed the budget. A claim
//! of fuel that is never settled, because the work was cancelled, counts in full. A claim of money ends with its run, even if
//! that is cancelled, and what the run has spent by then counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hyperspace_core::Mutex;
use hyperspace_llm::Cost;
use tokio::time::Instant;

use crate::clock;
use crate::refusal::{RefusalKind, RequestRefusal};

/// The period over which a rate is counted.
const MINUTE: Duration = Duration::from_secs(60);

/// The budgets of a token. By default, nothing is limited.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientBudgets {
    /// Total units of fuel.
    pub(crate) fuel: Option<u64>,
    /// MiB of memory of one guest.
    pub(crate) memory_mib: Option<u64>,
    /// Requests per minute.
    pub(crate) requests_per_minute: Option<u32>,
    /// Total number of evaluations.
    pub(crate) evaluations: Option<u64>,
    /// Total money for models.
    pub(crate) money: Option<Cost>,
    /// Sessions that are kept at the same time.
    pub(crate) sessions: Option<usize>,
}

#[derive(Debug)]
struct TakenBudget {
    fuel: u64,
    evaluations: u64,
    money: Cost,
    /// Money that runs may still spend, by the number of the claim.
    money_claims: BTreeMap<u64, Cost>,
    claims: u64,
    /// Number of requests that the rate still allows, and the time at which that was computed.
    requests: f64,
    at: Instant,
}

/// The account of a token.
#[derive(Debug)]
pub(crate) struct ClientAccount {
    budgets: ClientBudgets,
    taken: Mutex<TakenBudget>,
}

fn spent(what: &str, most: impl std::fmt::Display) -> RequestRefusal {
    let detail =
        format!("the token's budget of {what} is {most}, and what this request may take is not left");
    RequestRefusal::new(RefusalKind::Spent, detail)
}

impl ClientAccount {
    pub(crate) fn new(budgets: ClientBudgets) -> Self {
        let requests = budgets.requests_per_minute.map_or(0.0, f64::from);
        let taken = TakenBudget {
            fuel: 0,
            evaluations: 0,
            money: Cost::default(),
            money_claims: BTreeMap::new(),
            claims: 0,
            requests,
            at: clock::now(),
        };
        Self { budgets, taken: Mutex::new(taken) }
    }

    /// Returns the maximum number of sessions, if the token sets one.
    pub(crate) fn sessions_max(&self) -> Option<usize> {
        self.budgets.sessions
    }

    /// Counts a request against the rate.
    pub(crate) fn count_request(&self) -> Result<(), RequestRefusal> {
        let Some(most) = self.budgets.requests_per_minute else { return Ok(()) };
        let mut taken = self.taken.lock();
        let (now, most) = (clock::now(), f64::from(most));
        let since = now.duration_since(taken.at).as_secs_f64();
        taken.requests = (taken.requests + since * most / MINUTE.as_secs_f64()).min(most);
        taken.at = now;
        if taken.requests >= 1.0 {
            taken.requests -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - taken.requests) * MINUTE.as_secs_f64() / most;
        let detail = format!("the token may send {most} requests in a minute");
        Err(RequestRefusal::new(RefusalKind::TooMany, detail).retry(wait.ceil() as u64))
    }

    /// Returns the memory of a guest in MiB: the requested amount, or by default at most what the token allows.
    pub(crate) fn memory_mib(
        &self,
        asked: Option<u64>,
        otherwise: u64,
    ) -> Result<Option<u64>, RequestRefusal> {
        match (self.budgets.memory_mib, asked) {
            (Some(most), Some(asked)) if asked > most => {
                let detail = format!("{asked} MiB of memory, and the token may take {most}");
                let mut refusal = RequestRefusal::new(RefusalKind::Forbidden, detail);
                refusal.field = Some("memory_mib");
                Err(refusal)
            }
            (Some(most), None) if otherwise > most => Ok(Some(most)),
            _ => Ok(asked),
        }
    }

    /// Claims fuel for work that uses at most this much.
    pub(crate) fn claim_fuel(self: &Arc<Self>, fuel: u64) -> Result<FuelClaim, RequestRefusal> {
        let mut taken = self.taken.lock();
        let after = taken.fuel.saturating_add(fuel);
        if let Some(most) = self.budgets.fuel
            && after > most
        {
            let left = most.saturating_sub(taken.fuel);
            return Err(spent("fuel", most)
                .hint(format!("{left} units are left; a smaller `fuel` of the request may fit")));
        }
        taken.fuel = after;
        Ok(FuelClaim { account: Arc::clone(self), fuel })
    }

    /// Adds fuel of a run in progress. Returns whether the budget is still kept.
    pub(crate) fn add_fuel(&self, fuel: u64) -> bool {
        let mut taken = self.taken.lock();
        taken.fuel = taken.fuel.saturating_add(fuel);
        self.budgets.fuel.is_none_or(|most| taken.fuel <= most)
    }

    /// Counts evaluations.
    pub(crate) fn count_evaluations(&self, number: u64) -> Result<(), RequestRefusal> {
        let mut taken = self.taken.lock();
        let after = taken.evaluations.saturating_add(number);
        if let Some(most) = self.budgets.evaluations
            && after > most
        {
            return Err(spent("evaluations", most));
        }
        taken.evaluations = after;
        Ok(())
    }

    /// Refuses a request if no evaluation is left, without counting one.
    pub(crate) fn check_evaluations(&self) -> Result<(), RequestRefusal> {
        match self.budgets.evaluations {
            Some(most) if self.taken.lock().evaluations >= most => Err(spent("evaluations", most)),
            _ => Ok(()),
        }
    }

    /// Returns the number of evaluations counted so far, and the limit.
    pub(crate) fn evaluations(&self) -> (u64, Option<u64>) {
        (self.taken.lock().evaluations, self.budgets.evaluations)
    }

    /// Claims money for a run.
    pub(crate) fn claim_money(self: &Arc<Self>, money: Cost) -> Result<MoneyClaim, RequestRefusal> {
        let mut taken = self.taken.lock();
        let claimed = taken.money_claims.values().fold(taken.money, |sum, claim| sum.plus(*claim));
        if let Some(most) = self.budgets.money
            && claimed.plus(money) > most
        {
            return Err(spent("money", most));
        }
        taken.claims += 1;
        let number = taken.claims;
        taken.money_claims.insert(number, money);
        Ok(MoneyClaim { account: Arc::clone(self), number, spent: Cost::default() })
    }
}

/// Claimed fuel.
#[derive(Debug)]
pub(crate) struct FuelClaim {
    account: Arc<ClientAccount>,
    fuel: u64,
}

impl FuelClaim {
    /// Returns the unused part.
    pub(crate) fn settle(self, used: u64) {
        let mut taken = self.account.taken.lock();
        taken.fuel = taken.fuel.saturating_sub(self.fuel).saturating_add(used);
    }
}

/// Claimed money. Dropping it, even when the run is cancelled, replaces the claim by the amount spent.
#[derive(Debug)]
pub(crate) struct MoneyClaim {
    account: Arc<ClientAccount>,
    number: u64,
    spent: Cost,
}

impl MoneyClaim {
    /// Records the amount spent so far.
    pub(crate) fn note(&mut self, spent: Cost) {
        self.spent = spent;
    }
}

impl Drop for MoneyClaim {
    fn drop(&mut self) {
        let mut taken = self.account.taken.lock();
        taken.money_claims.remove(&self.number);
        taken.money = taken.money.plus(self.spent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(budgets: ClientBudgets) -> Arc<ClientAccount> {
        Arc::new(ClientAccount::new(budgets))
    }

    #[test]
    fn fuel_at_work_counts_until_it_is_settled() {
        let account = account(ClientBudgets { fuel: Some(100), ..ClientBudgets::default() });
        let first = account.claim_fuel(80).unwrap();
        assert_eq!(account.claim_fuel(30).unwrap_err().kind, RefusalKind::Spent);
        first.settle(10);
        drop(account.claim_fuel(90).unwrap());
        // Cancelled work counts as if it had used everything.
        assert!(account.claim_fuel(1).unwrap_err().to_string().contains("0 units are left"));
        assert!(!account.add_fuel(1));
    }

    #[test]
    fn money_at_work_counts_until_it_is_settled() {
        let dollars = |text| Cost::from_dollars(text).unwrap();
        let account = account(ClientBudgets { money: Some(dollars("1")), ..ClientBudgets::default() });
        let mut first = account.claim_money(dollars("0.8")).unwrap();
        assert!(account.claim_money(dollars("0.3")).is_err());
        first.note(dollars("0.1"));
        assert!(account.claim_money(dollars("0.3")).is_err());
        drop(first);
        let mut second = account.claim_money(dollars("0.9")).unwrap();
        second.note(dollars("0.9"));
        drop(second);
        assert!(account.claim_money(dollars("0.01")).is_err());
    }

    #[test]
    fn the_last_evaluation_is_the_last() {
        let account = account(ClientBudgets { evaluations: Some(2), ..ClientBudgets::default() });
        account.check_evaluations().unwrap();
        account.count_evaluations(2).unwrap();
        assert_eq!(account.check_evaluations().unwrap_err().kind, RefusalKind::Spent);
        assert_eq!(account.evaluations(), (2, Some(2)));
    }

    #[test]
    fn memory_is_cut_where_nothing_was_asked_and_refused_where_it_was() {
        let account = account(ClientBudgets { memory_mib: Some(64), ..ClientBudgets::default() });
        assert_eq!(account.memory_mib(None, 256).unwrap(), Some(64));
        assert_eq!(account.memory_mib(Some(32), 256).unwrap(), Some(32));
        assert_eq!(account.memory_mib(Some(65), 256).unwrap_err().kind, RefusalKind::Forbidden);
    }

    #[tokio::test]
    async fn a_rate_is_refilled() {
        let account = account(ClientBudgets { requests_per_minute: Some(600), ..ClientBudgets::default() });
        let sent = (0..700).filter(|_| account.count_request().is_ok()).count();
        assert!((600..610).contains(&sent), "{sent}");
        let refusal = account.count_request().unwrap_err();
        assert_eq!((refusal.kind, refusal.retry_after), (RefusalKind::TooMany, Some(1)));
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert!(account.count_request().is_ok());
    }
}
