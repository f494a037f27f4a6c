//! The hint for a program that calls a model although it has none.

/// Returns the hint for a program that called a model where it must not call any. `evidence` is the end of its traceback.
pub(crate) fn needs_model(evidence: &str) -> Option<String> {
    let refused = evidence.contains("llm.") && evidence.contains("the grant does not name this operation");
    refused.then(|| "this program calls a model; add --model NAME".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refused_call_of_a_model_needs_one() {
        let refused = "hyperspace.errors.ModelError: llm.chat: the grant does not name this operation";
        assert!(needs_model(refused).is_some_and(|hint| hint.contains("--model NAME")));
        assert_eq!(needs_model("mark.leave: the grant does not name this operation"), None);
        assert_eq!(needs_model("ZeroDivisionError: division by zero"), None);
    }
}
