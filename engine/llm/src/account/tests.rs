use super::*;
use crate::budget::Resource;
use crate::price::Cost;

fn tokens(input: u64, output: u64) -> Spend {
    Spend { calls: 1, input_tokens: input, output_tokens: output, cost: Cost(input + 10 * output) }
}

fn limits(tokens: u64) -> BudgetLimits {
    BudgetLimits::default().tokens(tokens)
}

#[tokio::test]
async fn a_call_is_charged_to_every_account_above() {
    let run = Account::new("the run", BudgetLimits::default());
    let agent = run.child("agent a", limits(100));
    let generation = agent.child("generation 1", BudgetLimits::default().calls(1));
    let other = run.child("agent b", BudgetLimits::default());
    let mut held = generation.reserve(tokens(10, 50)).await.unwrap();
    held.add(tokens(11, 4));
    assert_eq!(run.spent(), Spend::default());
    drop(held);
    assert_eq!([run.spent(), agent.spent(), generation.spent()], [tokens(11, 4); 3]);
    assert_eq!(other.spent(), Spend::default());
    let refused = generation.reserve(tokens(1, 1)).await.unwrap_err();
    assert_eq!((refused.account.as_str(), refused.resource), ("generation 1", Resource::Calls));
    let refused =
        agent.child("generation 2", BudgetLimits::default()).reserve(tokens(50, 36)).await.unwrap_err();
    let words = "the budget of agent a is spent: 15 of 100 tokens are used, and this call may take 86";
    assert_eq!(refused.to_string(), words);
    assert!(agent.reserve(tokens(50, 35)).await.is_ok());
}

#[tokio::test]
async fn a_limit_below_what_is_spent_is_told_with_both() {
    let account = Account::with_spent("the run", limits(10), tokens(11, 4));
    let refused = account.reserve(tokens(1, 1)).await.unwrap_err();
    assert_eq!(
        refused.in_words(),
        "the budget of the run is spent: 15 tokens are used already, and the limit is 10"
    );
}

#[tokio::test]
async fn every_resource_has_its_limit() {
    for (limits, resource) in [
        (BudgetLimits::default().calls(0), Resource::Calls),
        (BudgetLimits::default().input_tokens(9), Resource::InputTokens),
        (BudgetLimits::default().output_tokens(4), Resource::OutputTokens),
        (BudgetLimits::default().tokens(14), Resource::Tokens),
        (BudgetLimits::default().cost(Cost(59)), Resource::Cost),
    ] {
        let refused = Account::new("x", limits).reserve(tokens(10, 5)).await.unwrap_err();
        assert_eq!(refused.resource, resource);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_wait_for_claims_and_the_sum_is_exact() {
    // Each claims 100 and uses 7. Together that is far more than available, so most of them have to wait.
    let run = Account::new("run", limits(1_000));
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let run = run.clone();
            tokio::spawn(async move {
                let mut held = run.reserve(tokens(40, 60)).await?;
                tokio::task::yield_now().await;
                held.add(tokens(3, 4));
                Ok::<(), BudgetExceeded>(())
            })
        })
        .collect();
    let mut done = 0;
    for call in calls {
        done += u64::from(call.await.unwrap().is_ok());
    }
    // A call is allowed as long as spent + 100 <= 1,000, with spent a multiple of 7.
    assert_eq!(done, 129);
    assert_eq!(run.spent().input_tokens + run.spent().output_tokens, 129 * 7);
    assert_eq!(run.0.balance.lock().held, Spend::default());
}

#[tokio::test]
async fn every_limit_ends_exactly_where_it_says() {
    // Calls, tokens in, tokens out, both, picodollars: the claim takes 1, 10, 5, 15 and 60 of them.
    let claim = tokens(10, 5);
    let only = |resource: Resource, most: u64| {
        let mut limits = BudgetLimits::default();
        match resource {
            Resource::Calls => limits.calls = Some(most),
            Resource::InputTokens => limits.input_tokens = Some(most),
            Resource::OutputTokens => limits.output_tokens = Some(most),
            Resource::Tokens => limits.tokens = Some(most),
            Resource::Cost => limits.cost = Some(Cost(most)),
        }
        limits
    };
    for (resource, takes) in [
        (Resource::Calls, 1),
        (Resource::InputTokens, 10),
        (Resource::OutputTokens, 5),
        (Resource::Tokens, 15),
        (Resource::Cost, 60),
    ] {
        for (most, allowed) in
            [(0, false), (takes - 1, false), (takes, true), (takes + 1, true), (u64::MAX, true)]
        {
            let account = Account::new("x", only(resource, most));
            let reserved = account.reserve(claim).await;
            assert_eq!(reserved.is_ok(), allowed, "{most} {resource}");
            assert_eq!(account.limits_cost(), resource == Resource::Cost);
            // A second one fits only if there is enough for two, and a claim that was not allowed costs nothing.
            let Ok(mut held) = reserved else {
                assert_eq!((account.spent(), account.0.balance.lock().held), Default::default());
                continue;
            };
            held.add(claim);
            drop(held);
            assert_eq!(account.spent(), claim);
            let again = account.reserve(claim).await;
            assert_eq!(again.is_ok(), most >= takes.saturating_mul(2), "{most} {resource}");
        }
    }
}

#[tokio::test]
async fn claims_beyond_all_numbers_are_refused_and_not_wrapped() {
    let absurd =
        Spend { calls: u64::MAX, input_tokens: u64::MAX, output_tokens: u64::MAX, cost: Cost(u64::MAX) };
    for most in [0, 1, 1_000, u64::MAX - 1] {
        let limits = BudgetLimits::default().tokens(most).cost(Cost(most));
        let account = Account::with_spent("x", limits, tokens(0, 0));
        assert!(account.reserve(absurd).await.is_err(), "{most}");
    }
    // If more than the limit was spent before, as after a restart, nothing is left.
    let account = Account::with_spent("x", limits(1_000), absurd);
    assert_eq!(account.reserve(tokens(0, 1)).await.unwrap_err().spent, u64::MAX);
}
