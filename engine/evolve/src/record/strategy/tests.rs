use serde_json::json;

use super::*;

fn read(text: &str) -> StrategySpec {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_default_is_within_its_bounds() {
    assert_eq!(StrategySpec::all().len(), StrategySpec::NAMES.len());
    for (spec, name) in StrategySpec::all().into_iter().zip(StrategySpec::NAMES) {
        assert_eq!((spec.name(), spec.to_string().as_str()), (*name, *name));
        assert_eq!(read(name), spec);
        // With all parameters written out, each of them is checked.
        assert_eq!(StrategySpec::from_table(&spec.to_value()), Ok(spec.clone()));
        assert_eq!(serde_json::from_value::<StrategySpec>(spec.to_value()).unwrap(), spec);
    }
}

#[test]
fn texts_tables_and_records_are_the_same_strategies() {
    for text in [
        "islands:count=3,inner=(map-elites:dimensions=bytes+metric.speed,bins=5)",
        "mixture:of=(power-law:alpha=2.5)+random+clusters,window=9",
        "annealing:p0=0.25,decay=1/3",
        "clusters:length-temperature=0.5",
    ] {
        let spec = read(text);
        assert_eq!(spec.to_string(), text);
        assert_eq!(serde_json::from_value::<StrategySpec>(spec.to_value()).unwrap(), spec);
    }
    let table = json!({"strategy": "islands", "count": 3, "inner": {"strategy": "beam", "width": 2}});
    assert_eq!(StrategySpec::from_table(&table), Ok(read("islands:count=3,inner=(beam:width=2)")));
    let table = json!({"strategy": "islands:count=3", "inner": "beam:width=2"});
    assert_eq!(StrategySpec::from_table(&table), Ok(read("islands:count=3,inner=(beam:width=2)")));
    let table = json!({"strategy": "mixture", "of": ["random", {"strategy": "power-law", "alpha": 0.5}]});
    assert_eq!(StrategySpec::from_table(&table), Ok(read("mixture:of=random+(power-law:alpha=0.5)")));
}

#[test]
fn what_is_no_strategy_is_refused() {
    for (text, words) in [
        ("ilands", "unknown strategy \"ilands\"; expected one of score-child-prop"),
        ("islands:cuont=3", "islands has no parameter \"cuont\"; it has count"),
        ("random:x=1", "it has none"),
        ("islands:count=1", "count is 1; expected a whole number, 2 to 64"),
        ("islands:count=2,count=3", "count is given twice"),
        ("islands:count=-2", "count is -2; expected a whole number"),
        ("islands:migration=star", "expected ring or random or none"),
        ("annealing:p0=1.5", "p0 is 1.5; expected a number"),
        ("islands:inner=(islands)", "islands cannot be the `inner` of islands"),
        ("mixture:of=(mixture)+random", "mixture cannot be the `of` of mixture"),
        ("mixture:of=random", "of is random; expected strategies joined with +, 2 to 16 of them"),
        ("map-elites:dimensions=size", "dimensions is size; expected bytes"),
        ("map-elites:dimensions=bytes+bytes", "bytes twice"),
        ("islands:inner=(beam", "no closing parenthesis"),
        ("islands:count", "expected KEY=VALUE"),
        ("islands:count=", "count has no value"),
        ("", "name of a strategy is missing"),
        ("beam)", "unexpected \")\""),
    ] {
        let error = text.parse::<StrategySpec>().unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    let deep = format!("islands:inner={}beam{}", "(islands:inner=".repeat(20), ")".repeat(20));
    assert!(deep.parse::<StrategySpec>().unwrap_err().to_string().contains("nest"));
    // The records of the first runs of format 3 are still the only form.
    let first = json!({"name": "pareto"});
    assert_eq!(serde_json::from_value::<StrategySpec>(first.clone()).unwrap().to_value(), first);
    assert!(serde_json::from_value::<StrategySpec>(json!({"name": "pareto", "over": "cases"})).is_err());
    let over = json!({"name": "pareto", "over": "hybrid"});
    assert_eq!(read("pareto:over=hybrid").to_value(), over);
    // A record has every parameter in its recorded form.
    for value in [json!({"name": "beam"}), json!({"name": "beam", "width": "8"}), json!("beam")] {
        assert!(serde_json::from_value::<StrategySpec>(value).is_err());
    }
}

#[test]
fn needs_come_from_inner_strategies() {
    let spec = read("islands:inner=(mixture:of=clusters+(map-elites:dimensions=lines+bytes))");
    assert_eq!(spec.dimensions(), [Dimension::Bytes, Dimension::Lines]);
    assert!(spec.needs_cases() && !read("islands").needs_cases());
    let objectives = read("pareto:over=objectives,objectives=score+metric.speed");
    assert!(!objectives.needs_cases() && read("pareto:over=hybrid").needs_cases());
    assert_eq!(objectives.dimensions().len(), 2);
    assert!(read("pareto").dimensions().is_empty());
}
