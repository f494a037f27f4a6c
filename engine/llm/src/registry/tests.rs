use super::*;

fn registry(settings: &str) -> Registry {
    Registry::new(toml::from_str(settings).unwrap())
}

fn environment(variables: &[(&str, &str)]) -> ModelEnvironment {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(value))).collect();
    ModelEnvironment::new(variables, BTreeMap::new())
}

/// Returns the address and the sent name of a model.
fn found(name: &str, variables: &[(&str, &str)]) -> (String, String) {
    let model = registry("").model(name, &environment(variables)).unwrap();
    assert_eq!(model.key.as_ref().map(Secret::expose), Some("k"));
    (model.base_url, model.sent_as)
}

fn refused(settings: &str, variables: &[(&str, &str)], words: &str) {
    let error = registry(settings).model("m", &environment(variables)).unwrap_err().to_string();
    assert!(error.contains(words), "{settings}: {error}");
}

#[test]
fn known_names_lead_to_their_providers() {
    let all: Vec<(&str, &str)> = table()
        .iter()
        .filter_map(|provider| provider.api_key_env.clone())
        .map(|variable| (&*variable.leak(), "k"))
        .collect();
    let openrouter = "https://openrouter.ai/api/v1".to_owned();
    assert_eq!(found("openrouter/a/b", &all), (openrouter, "a/b".to_owned()));
    for (name, host) in [
        ("claude-sonnet-4-6", "api.anthropic.com"),
        ("gemini-2.5-pro", "generativelanguage.googleapis.com"),
        ("mercury-coder", "api.inceptionlabs.ai"),
        ("accounts/fireworks/routers/kimi-k2p5-turbo", "api.fireworks.ai"),
        ("gpt-oss-120b", "api.fireworks.ai"),
        ("gpt-5", "api.openai.com"),
    ] {
        let (address, sent) = found(name, &all);
        assert!(address.contains(host), "{name}: {address}");
        assert_eq!(sent, name);
    }
}

#[test]
fn unknown_names_go_to_the_first_provider_with_a_key() {
    let key = |name| (name, "k");
    assert!(found("kimi", &[key("OPENAI_API_KEY"), key("GEMINI_API_KEY")]).0.contains("openai.com"));
    assert!(found("kimi", &[key("ANTHROPIC_API_KEY"), key("GEMINI_API_KEY")]).0.contains("googleapis"));
    let endpoint = ("FIREWORKS_INFERENCE_ENDPOINT", "http://127.0.0.1:9/v1/chat/completions");
    let (address, _) = found("kimi", &[endpoint, key("FIREWORKS_API_TOKEN"), key("OPENAI_API_KEY")]);
    assert_eq!(address, "http://127.0.0.1:9/v1");
    refused("", &[], "FIREWORKS_API_TOKEN, OPENAI_API_KEY, GEMINI_API_KEY, ANTHROPIC_API_KEY");
}

#[test]
fn sections_override_what_is_known() {
    let settings = r#"
        [m]
        provider = "openai"
        model = "gpt-x"
        base-url = "http://localhost:1/v1/"
        input-price = 0.15
        output-price = "0.6"
        [m.quirks]
        parallel-tool-calls = false
        headers = { "x-title" = "t" }
    "#;
    let model = registry(settings).model("m", &environment(&[])).unwrap();
    assert_eq!((model.base_url.as_str(), model.sent_as.as_str()), ("http://localhost:1/v1", "gpt-x"));
    assert_eq!(model.quirks.max_tokens_field, "max_completion_tokens");
    assert!(!model.quirks.parallel_tool_calls && model.key.is_none() && model.is_priced());
}

#[test]
fn prices_of_the_table_are_overridden_one_by_one() {
    let priced = |settings: &str| {
        let settings = format!("[m]\nprovider = \"openai\"\nmodel = \"gpt-5-mini\"\n{settings}");
        let model = registry(&settings).model("m", &environment(&[("OPENAI_API_KEY", "k")])).unwrap();
        (model.prices().unwrap().map(|cost| cost.to_string()), model.prices_of())
    };
    let texts = |texts: [&str; 3]| texts.map(str::to_owned);
    assert_eq!(priced(""), (texts(["$0.25", "$0.025", "$2.00"]), Some("2025-11-30")));
    assert_eq!(priced("output-price = 3\n"), (texts(["$0.25", "$0.025", "$3.00"]), None));
    assert_eq!(priced("cached-input-price = \"0.01\"\n"), (texts(["$0.25", "$0.01", "$2.00"]), None));
    assert_eq!(priced("input-price = 1\n"), (texts(["$1.00", "$1.00", "$2.00"]), None));
    refused("[m]\nbase-url = \"http://x\"\ncached-input-price = 1", &[], "both or neither");
}

#[test]
fn the_most_that_calls_cost_follows_from_budgets_and_prices() {
    let settings = "[m]\nbase-url = \"http://x\"\ninput-price = 1\noutput-price = 10\ncontext-window = 1000\nmax-output-tokens = 100\n";
    let model = registry(settings).model("m", &environment(&[])).unwrap();
    let most = |limits: BudgetLimits| model.most_within(&limits, 2).map(|cost| cost.to_string());
    assert_eq!(most(BudgetLimits::default()), None);
    assert_eq!(most(BudgetLimits::default().calls(5)).as_deref(), Some("$0.02"));
    assert_eq!(
        most(BudgetLimits { tokens: Some(1_000), ..BudgetLimits::default() }).as_deref(),
        Some("$0.01")
    );
    let both =
        BudgetLimits { cost: Some(Cost::from_dollars("0.005").unwrap()), ..BudgetLimits::default().calls(5) };
    assert_eq!(most(both).as_deref(), Some("$0.005"));
    let unpriced = registry("[m]\nbase-url = \"http://x\"").model("m", &environment(&[])).unwrap();
    assert_eq!(unpriced.most_within(&BudgetLimits::default().calls(1), 1), None);
}

#[test]
fn what_cannot_be_used_is_named() {
    refused("[m]\nprovider = \"openai\"", &[], "OPENAI_API_KEY");
    refused("[m]\nprovider = \"acme\"", &[], "openrouter");
    refused("[m]\nbase-url = \"ftp://x\"", &[], "base-url");
    refused("[m]\nbase-url = \"https://user:sk-1@x/v1\"", &[], "without user");
    refused("[m]\nbase-url = \"http://x/v1?key=1\"", &[], "query");
    refused("[m]\nbase-url = \"http://x\"\napi-key-env = \"MY_KEY\"", &[], "MY_KEY");
    refused("[m]\nbase-url = \"http://x\"\napi-key-file = \"k.txt\"", &[], "k.txt");
    refused("[m]\nbase-url = \"http://x\"\ninput-price = 1", &[], "both or neither");
    refused("[m]\nbase-url = \"http://x\"\nconcurrency = 0", &[], "expected 1 to 4096");
    for (unknown, words) in [
        ("[m]\nbase_url = \"x\"", "line 2"),
        ("[m]\n\nquirks = { speed = 1 }", "line 3"),
        ("[m]\nbase-url = \"http://x\"\n[m.quirks]\nspeed = 1", "unknown field `speed`"),
        ("[m]\nquirks = { stream = \"yes\" }", "expected a boolean"),
    ] {
        let error = toml::from_str::<BTreeMap<String, ModelConfig>>(unknown).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("line "), "{error}");
    }
}

#[test]
fn settings_that_would_lose_a_part_of_the_request_are_refused() {
    let quirks = |quirks: &str, words: &str| {
        refused(&format!("[m]\nbase-url = \"http://x\"\nquirks = {{ {quirks} }}"), &[], words);
    };
    quirks("max-tokens-field = \"\"", "the name of a field");
    quirks("max-tokens-field = \"messages\"", "the name of a field");
    quirks("body = { messages = [] }", "the conversation");
    quirks("body = { model = \"x\" }", "use `model`");
    quirks("body = { n = 3 }", "one answer is read");
    quirks("body = { max_tokens = 100000 }", "max-output-tokens");
    quirks("max-tokens-field = \"max_new_tokens\", body = { max_new_tokens = 9 }", "max-output-tokens");
    quirks("left-out = [\"messages\"]", "every request has it");
    quirks("headers = { Content-Length = \"3\" }", "the connection");
    refused("[m]\nbase-url = \"http://x\"\ncontext-window = 10", &[], "expected 256 to");
    let fine = "[m]\nbase-url = \" http://x/v1/ \"\nquirks = { body = { top_k = 4, temperature = 1 }, left-out = [\"max_tokens\"] }";
    assert_eq!(registry(fine).model("m", &environment(&[])).unwrap().base_url, "http://x/v1");
}

#[test]
fn variables_and_key_files_are_listed() {
    let registry = registry("[m]\napi-key-env = \"MY_KEY\"\n[n]\napi-key-file = \"key.txt\"");
    assert!(registry.variables().is_superset(&BTreeSet::from(["MY_KEY", "OPENROUTER_API_KEY"])));
    assert_eq!(registry.key_files(), BTreeSet::from(["key.txt"]));
}

#[test]
fn prices_of_tokens_need_no_key() {
    let settings = "[dear]\nbase-url = \"http://x\"\napi-key-env = \"MY_KEY\"\ninput-price = 3\noutput-price = \"15\"\ncached-input-price = 0.3\n[free]\nbase-url = \"http://x\"\n";
    let registry = registry(settings);
    assert_eq!(registry.token_prices("dear"), Some([3_000_000, 15_000_000, 300_000, 3_000_000]));
    assert_eq!((registry.token_prices("free"), registry.token_prices("nobody-knows")), (None, None));
    // The same prices as those that calls are charged.
    let known = registry.model("gpt-5", &environment(&[("OPENAI_API_KEY", "k")])).unwrap();
    let each = known.prices().map(|prices| prices.map(|price| price.0 / 1_000_000));
    let told = registry.token_prices("gpt-5").map(|[input, output, cached, _]| [input, cached, output]);
    assert_eq!(told, each);
}
