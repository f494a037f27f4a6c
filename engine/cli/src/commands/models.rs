//! `models`.

use hyperspace_llm::{Api, Catalogue, Cost, KnownFamily, ProviderListing};
use hyperspace_service::{ModelRow, ModelsRequest, ModelsView};

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{ambient, args, output};

/// Lists the models that are known, priced, configured and reachable.
pub(crate) fn run(session: &CliSession, args: args::ListModels) -> Code {
    let asked = !args.names.is_empty() || args.check;
    let view = session
        .engine
        .models_blocking(ModelsRequest::new(args.names).check(args.check).forget(args.forget))?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    if let Some(forgotten) = view.forgotten {
        let models = output::plural(forgotten as u64, "model");
        output::text(&format!("forgot what refusals taught about {models}\n"))?;
        return Ok(OK);
    }
    let mut text = String::new();
    if view.models.is_empty() {
        let none = "the settings have no models: a section [models.NAME] makes one";
        text.push_str(&format!("{}\n", output::wrapped(none, ambient::text_width(), 0)));
    } else {
        text.push_str(&models(&view));
    }
    // A user who asks about certain models does not want a list of all others.
    if !asked || view.models.is_empty() {
        text.push_str(&known(&view));
    }
    text.push_str(&format!("\n{}\n", output::wrapped(view.note, ambient::text_width(), 0)));
    output::text(&text)?;
    Ok(OK)
}

fn dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn models(view: &ModelsView) -> String {
    let head =
        ["model", "sent as", "address", "api", "family", "window", "answer", "in", "cached", "out", "prices"];
    let mut rows = vec![output::head(head)];
    for row in &view.models {
        let Some(facts) = &row.facts else {
            let mut cells = vec![row.name.clone()];
            cells.extend(std::iter::repeat_n("-".to_owned(), 10));
            rows.push(cells);
            continue;
        };
        let price =
            |pick: fn(&hyperspace_service::ModelPricesView) -> Cost| dash(facts.prices.as_ref().map(pick));
        let of = match &facts.prices {
            None => "none known".to_owned(),
            Some(prices) => prices.of.map_or_else(|| "settings".to_owned(), str::to_owned),
        };
        rows.push(vec![
            row.name.clone(),
            facts.sent_as.clone(),
            facts.base_url.clone(),
            api(facts.api).to_owned(),
            dash(facts.family),
            dash(facts.context_window),
            facts.max_output_tokens.to_string(),
            price(|prices| prices.input),
            price(|prices| prices.cached_input),
            price(|prices| prices.output),
            of,
        ]);
    }
    let mut text = output::table(&rows);
    text.push('\n');
    for row in &view.models {
        let line = output::line(&format!("{}: {}", row.name, state(row)));
        text.push_str(&output::wrapped(&format!("{line}\n"), ambient::text_width(), 2));
    }
    for row in &view.models {
        let learned = row.facts.iter().flat_map(|facts| &facts.learned);
        let learned: Vec<&str> = learned.map(String::as_str).collect();
        if !learned.is_empty() {
            text.push_str(&output::line(&format!(
                "{} learned from refusals: {}",
                row.name,
                learned.join(", ")
            )));
            text.push('\n');
        }
    }
    text
}

fn api(api: Api) -> &'static str {
    match api {
        Api::Openai => "openai",
        Api::Anthropic => "anthropic",
        Api::Responses => "responses",
        _ => "other",
    }
}

/// Returns whether a model can be called, in words.
fn state(row: &ModelRow) -> String {
    match (&row.problem, &row.listing) {
        (Some(problem), _) => problem.clone(),
        (None, None) => "can be called; --check asks its server".to_owned(),
        (None, Some(ProviderListing::Listed { count, has_model: true, .. })) => {
            format!("reachable, listed among {}", output::plural(*count as u64, "model"))
        }
        (None, Some(ProviderListing::Listed { count: 0, .. })) => {
            "reachable, and its list of models is empty".to_owned()
        }
        (None, Some(ProviderListing::Listed { count, near, .. })) => {
            let near = if near.is_empty() { String::new() } else { format!(": {}", near.join(", ")) };
            format!("reachable, not listed among {}{near}", output::plural(*count as u64, "model"))
        }
        (None, Some(ProviderListing::NoListing { status })) => {
            format!("reachable, has no list of models (status {status})")
        }
        (None, Some(ProviderListing::KeyRefused { status })) => {
            format!("reachable, refuses the key (status {status})")
        }
        (None, Some(ProviderListing::Unreachable { problem })) => format!("not reachable: {problem}"),
        (None, Some(_)) => "unknown".to_owned(),
    }
}

fn known(view: &ModelsView) -> String {
    let Catalogue { prices_of, profiles_of, providers, families, prices, .. } = &view.known;
    let mut rows = vec![output::head(["provider", "api", "address", "key", "names that begin with"])];
    for one in providers {
        let key = match &one.api_key_env {
            Some(variable) if view.keys.contains(&one.name) => format!("{variable} is set"),
            Some(variable) => format!("{variable} is not set"),
            None => "none needed".to_owned(),
        };
        let address = one.base_url.clone().unwrap_or_else(|| "base-url of the settings".to_owned());
        rows.push(vec![one.name.clone(), api(one.api).to_owned(), address, key, one.prefixes.join(" ")]);
    }
    let mut text = format!("\nproviders\n{}", output::table(&rows));
    let mut rows = vec![output::head(["provider", "model begins with", "in", "cached", "out"])];
    rows.extend(prices.iter().map(|one| {
        let costs = [one.input, one.cached_input, one.output].map(|cost| cost.to_string());
        [vec![one.provider.to_owned(), one.model.to_owned()], costs.to_vec()].concat()
    }));
    text.push_str(&format!("\nprices of {prices_of}, for a million tokens\n{}", output::table(&rows)));
    let mut rows = vec![output::head(["family", "models begin with", "window", "answer", "quirks"])];
    rows.extend(families.iter().map(family));
    text.push_str(&format!("\nprofiles of {profiles_of}\n{}", output::table(&rows)));
    text
}

fn family(one: &KnownFamily) -> Vec<String> {
    let quirks: Vec<String> = one.quirks.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    vec![
        one.name.to_owned(),
        one.starts.join(" "),
        dash(one.context_window),
        dash(one.max_output_tokens),
        quirks.join(", "),
    ]
}
