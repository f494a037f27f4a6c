//! The key reaches the server, and nothing else, whatever the server does with it.

use hyperspace_llm::{CallOptions, RetryPolicy};

use hyperspace_testkit::models::KEY;

use crate::common::{APIS, request, start_stub};

/// Base64 of `user:` and the key, as an echo of a header would have it, and the key in other forms.
const FORMS: [&str; 5] = [
    KEY,
    "dXNlcjpzay1jYW5hcnktNWYwZTFkMmMvM2I0YSs1OTY4Nw==",
    "sk-canary-5f0e1d2c%2F3b4a%2B59687",
    "sk-canary-5f0e1d2c\\\\/3b4a+59687",
    "736b2d63616e6172792d35663065316432632f336234612b3539363837",
];

fn assert_clean(what: &str, bytes: &str) {
    for part in ["canary", "5f0e1d2c", "Y2FuYXJ5", "jYW5hcn", "63616e617279"] {
        assert!(!bytes.contains(part), "{part} is in {what}: {bytes}");
    }
}

#[tokio::test]
async fn no_byte_that_comes_back_has_the_key() {
    let retry = RetryPolicy::default().attempts_max(2);
    for api in APIS {
        for form in FORMS {
            for answer in [
                format!("text = \"your key is {form}\"\nthinking = \"{form}\""),
                format!("calls = [{{ name = \"{form}\", arguments = {{ \"{form}\" = [\"{form}\"] }} }}]"),
                format!("calls = [{{ name = \"t\", arguments-text = \"not json {form}\" }}]"),
                format!("status = 401\nerror = \"wrong key {form}\""),
                format!("status = 500\nerror = \"{form}\""),
                format!("status = 400\nbody = \"<p>{form}</p>\""),
                format!("body = \"{form}\""),
                format!("body = \"{form}\"\nheaders = {{ content-type = \"text/{form}\" }}"),
            ] {
                let script = format!("[server]\napi-keys = [{KEY:?}]\n[[rule]]\n[[rule.answer]]\n{answer}\n");
                let options = CallOptions::default().retry(retry);
                let stub = start_stub(&script, api, "", options).await;
                let reply = stub.chat(request("hello")).await;
                assert_eq!(
                    stub.server.stats().rules["rule 1"],
                    stub.models.stats().attempts,
                    "the key was accepted"
                );
                assert_clean("the reply", &serde_json::to_string(&reply).unwrap());
                assert_clean("the reply", &format!("{reply:?}"));
                for (exchange, effort) in stub.cassette.exchanges() {
                    assert_clean("the cassette", &serde_json::to_string(&exchange).unwrap());
                    assert_clean("the cassette", &serde_json::to_string(&effort).unwrap());
                    assert_clean(
                        "canonical bytes",
                        &String::from_utf8_lossy(&exchange.canonical_bytes().unwrap()),
                    );
                }
                assert_clean("statistics", &format!("{:?} {:?}", stub.models, stub.models.stats()));
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_key_is_told_without_it() {
    let script = "[server]\napi-keys = [\"another\"]\n[[rule]]\n[[rule.answer]]\ntext = \"fine\"\n";
    let stub = start_stub(script, "openai", "", CallOptions::default()).await;
    let (kind, message) = crate::common::failure(&stub.chat(request("hello")).await);
    assert_eq!(kind, "refused");
    assert!(message.contains("401"), "{message}");
    assert_clean("the message", &message);
}
