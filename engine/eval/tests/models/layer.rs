//! Agents with modules of their own in a folder `agent`, and agents that import the names of the original experiments.

use std::sync::Arc;

use hyperspace_core::FileSet;
use hyperspace_eval::{Evaluation, RequestRules, Split};
use hyperspace_llm::MemoryCassette;
use hyperspace_testkit::file_set;
use hyperspace_testkit::models::StubModels;

use crate::common::{ANSWERS, colours, evaluator, live, replayed};

/// A task agent that answers with `said`, which `code` gives a value.
fn agent(code: &str, own: &[(&str, &str)]) -> FileSet {
    let source = format!(
        "{code}\n\nclass TaskAgent:\n    def __init__(self, model='default'):\n        self.model = model\n\n    \
         def forward(self, inputs):\n        return said(self.model) if callable(said) else said\n"
    );
    let files: Vec<(&str, &str)> = own.iter().copied().chain([("task_agent.py", source.as_str())]).collect();
    file_set(&files)
}

fn answer(evaluation: &Evaluation) -> &str {
    evaluation.cases[0].answer.as_deref().unwrap_or_else(|| panic!("{:?}", evaluation.cases[0]))
}

/// Evaluates without a model, with and without forks, and returns the answer.
async fn said(code: &str, own: &[(&str, &str)]) -> String {
    let (task, files) = (colours(2, ""), agent(code, own));
    let forked = evaluator().evaluate(&task, &files, Split::Train).await.unwrap();
    let alone = evaluator().forks(false).evaluate(&task, &files, Split::Train).await.unwrap();
    assert_eq!(forked, alone);
    answer(&forked).to_owned()
}

/// Evaluates with a model that answers blue, and returns the answer and the limits of tokens that were asked for.
async fn asked(code: &str, own: &[(&str, &str)]) -> (String, Vec<Option<u64>>) {
    let (task, files) = (colours(1, ""), agent(code, own));
    let stub = StubModels::start("[[rule]]\n[[rule.answer]]\ntext = \"blue\"\n", &["m"], "").await;
    let cassette = Arc::new(MemoryCassette::default());
    let told = || evaluator().model(Some("m".to_owned()));
    let live = told().doors(live(&stub, &cassette)).evaluate(&task, &files, Split::Train).await.unwrap();
    let again = told().doors(replayed(&cassette)).evaluate(&task, &files, Split::Train).await.unwrap();
    assert_eq!(live, again);
    let limits = cassette.exchanges().into_iter().map(|(exchange, _)| exchange.request.max_tokens).collect();
    (answer(&live).to_owned(), limits)
}

const GRADE: (&str, &str) = ("agent/extra.py", "GRADE = 'red'\n");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_modules_extend_the_package_and_come_first() {
    for (code, own) in [
        ("from agent.extra import GRADE as said", &[GRADE][..]),
        ("import agent.extra\nsaid = agent.extra.GRADE", &[GRADE]),
        ("from agent import extra\nsaid = extra.GRADE", &[GRADE, ("agent/__init__.py", "")]),
        (
            "from agent import said",
            &[("agent/__init__.py", "from agent.extra import GRADE as said\n"), GRADE],
        ),
        ("from agent.utils.text import said", &[("agent/utils/text.py", "said = 'red'\n")]),
        (
            "from agent.utils.text import said",
            &[
                ("agent/utils/__init__.py", "said = 'red'\n"),
                ("agent/utils/text.py", "from agent.utils import said\n"),
            ],
        ),
        ("from agent.tools.search_tool import said", &[("agent/tools/search_tool.py", "said = 'red'\n")]),
        (
            "from agent.tools import bash_tool, editor_tool, search_tool\nassert bash_tool.tool_info()['name'] == 'bash'\n\
             said = search_tool.said",
            &[("agent/tools/__init__.py", ""), ("agent/tools/search_tool.py", "said = 'red'\n")],
        ),
        (
            "from agent.tools.registry import load_tools\nsaid = load_tools('all')",
            &[(
                "agent/tools/registry.py",
                "from agent.tools import editor_tool\n\ndef load_tools(names):\n    return 'red'\n",
            )],
        ),
        (
            "from agent.extra import GRADE as said\nfrom agent.llm_client import EVAL_MODEL, get_response_from_llm\n\
             from agent.agentic_loop import chat_with_agent\nfrom agent import chat_with_agent as same, META_MODEL\n\
             assert same is chat_with_agent and EVAL_MODEL == 'gpt-oss-120b'",
            &[GRADE],
        ),
    ] {
        assert_eq!(said(code, own).await, "red", "{code}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_replaced_is_replaced_for_the_other_modules_of_the_sdk() {
    let client = "def get_response_from_llm(*args, **kwargs):\n    return 'red', [], {}\n\n\
                  def get_response_from_llm_with_tools(**kwargs):\n    \
                  return {'content': 'red'}, [{'role': 'assistant', 'content': 'red'}], {'trimmed_messages': 0}\n\n\
                  class ModelError(Exception):\n    pass\n\ndef arguments_of(text):\n    return {}\n";
    let own = [("agent/llm_client.py", client)];
    for code in [
        "from agent.llm_client import get_response_from_llm\nsaid = get_response_from_llm('x')[0]",
        "from agent import get_response_from_llm\nsaid = get_response_from_llm('x')[0]",
        "from agent.agentic_loop import chat_with_agent\nsaid = chat_with_agent('x', 'm')[-1]['content']",
        "from replication.agent.agentic_loop import chat_with_agent\nsaid = chat_with_agent('x', 'm')[-1]['content']",
    ] {
        assert_eq!(said(code, &own).await, "red", "{code}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_original_names_are_the_same_modules() {
    let names = [
        ("llm_client", "EVAL_MODEL"),
        ("llm_client", "META_MODEL"),
        ("llm_client", "get_response_from_llm_with_tools"),
        ("agentic_loop", "chat_with_agent"),
        ("tools.registry", "load_tools"),
        ("tools.bash_tool", "tool_function"),
        ("tools.editor_tool", "tool_info"),
    ];
    for other in ["replication", "transfer_experiment.initial_agent"] {
        for own in [&[][..], &[GRADE]] {
            for (module, name) in names {
                let code = format!(
                    "from {other}.agent.{module} import {name}\nimport sys, agent.{module}\n\
                     assert sys.modules['{other}.agent.{module}'] is sys.modules['agent.{module}']\n\
                     assert sys.modules['agent.{module}'].__spec__.name == 'agent.{module}'\nsaid = 'red'"
                );
                assert_eq!(said(&code, own).await, "red", "{other} {module} {name}");
            }
        }
        let code =
            format!("from {other}.agent.extra import GRADE as said\nimport {other}.task_agent, task_agent");
        assert_eq!(said(&code, &[GRADE]).await, "red");
    }
    // Files of the agent's own under such a name come first, and what no one has is missed under the name that was asked for.
    let own = [("replication/agent/extra.py", "GRADE = 'red'\n"), ("replication/more.py", "said = 'red'\n")];
    for code in [
        "from replication.more import said",
        "from replication.agent.extra import GRADE as said\nfrom replication.agent.llm_client import EVAL_MODEL",
        "try:\n    import replication.generate_loop\nexcept ModuleNotFoundError as error:\n    \
         said = 'red' if error.name == 'replication.generate_loop' else repr(error)",
        "try:\n    import replication.agent.nothing\nexcept ModuleNotFoundError as error:\n    \
         said = 'red' if error.name == 'replication.agent.nothing' else repr(error)",
    ] {
        assert_eq!(said(code, &own).await, "red", "{code}");
    }
    assert_eq!(said("from replication import said", &[("replication.py", "said = 'red'\n")]).await, "red");
}

/// The form of clients that agents of the original experiments have of their own.
const CLIENT: &str = r#"
import json, logging, os, threading, time
from dotenv import load_dotenv
from markspace.llm import LLMClient, LLMConfig

load_dotenv()
EVAL_MODEL = "gpt-oss-120b"
_clients = {}
_lock = threading.Lock()

def _get_client(model):
    with _lock:
        if model not in _clients:
            found = LLMConfig.from_env(model=model)
            config = LLMConfig(base_url=found.base_url, api_key=found.api_key, model=found.model, temperature=0.0, max_tokens=512)
            _clients[model] = LLMClient(config, max_retries=3, timeout=300)
            _clients[model].__enter__()
    return _clients[model]

def get_response_from_llm(msg, model=EVAL_MODEL, temperature=0.0, max_tokens=16384, msg_history=None):
    messages = list(msg_history or []) + [{"role": "user", "content": msg}]
    response = _get_client(model).chat(messages, temperature=temperature)
    assert response["usage"]["total_tokens"] > 0
    return response["choices"][0]["message"]["content"], messages, {"is_own": True}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_the_agents_own_asks_through_the_door() {
    let own = [("agent/llm_client.py", CLIENT)];
    for model in ["model", "'gpt-oss-120b'"] {
        let code = format!(
            "from agent.llm_client import get_response_from_llm\n\ndef said(model):\n    \
             text, _, info = get_response_from_llm('colour?', model={model})\n    assert info['is_own']\n    return text"
        );
        assert_eq!(asked(&code, &own).await, ("blue".to_owned(), vec![Some(512)]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_tokens_that_is_no_number_is_the_default() {
    for (given, limit) in [
        ("[{'role': 'user', 'text': 'x'}]", Some(16_384)),
        ("[]", Some(16_384)),
        ("'many'", Some(16_384)),
        ("{}", Some(16_384)),
        ("7", Some(7)),
    ] {
        for import in ["agent.llm_client", "replication.agent.llm_client"] {
            let code = format!(
                "from {import} import get_response_from_llm\n\ndef said(model):\n    \
                 return get_response_from_llm('colour?', model=model, max_tokens={given})[0]"
            );
            assert_eq!(asked(&code, &[]).await, ("blue".to_owned(), vec![limit]), "{given}");
        }
    }
    // As it was read before.
    let code = "from agent.llm_client import get_response_from_llm\n\ndef said(model):\n    \
                return get_response_from_llm('colour?', model=model, max_tokens=[])[0]";
    let (task, stub) = (colours(1, ""), StubModels::start(ANSWERS, &["m"], "").await);
    let doors = Arc::into_inner(live(&stub, &Arc::default())).unwrap().requests(RequestRules::First);
    let strict = evaluator().model(Some("m".to_owned())).doors(Arc::new(doors));
    let evaluation = strict.evaluate(&task, &agent(code, &[]), Split::Train).await.unwrap();
    assert!(evaluation.outcome.describe().contains("ModelError"), "{:?}", evaluation.outcome);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_of_the_agents_own_gains_no_operation() {
    let shell = "import subprocess, threading\n\ndef set_allowed_root(root):\n    pass\n\n\
                 def tool_function(command):\n    return subprocess.run(command, shell=True, capture_output=True).stdout\n";
    let own = [("agent/tools/bash_tool.py", shell)];
    let code = "from agent.tools.bash_tool import tool_function, set_allowed_root\nfrom agent.tools import bash_tool\n\n\
                def said(model):\n    answer = tool_function('id')\n    \
                return 'red' if answer.startswith('Error: ') and 'grant' in answer else answer";
    assert_eq!(said(code, &own).await, "red");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_that_need_no_layer_are_as_without_it_and_others_have_another_key() {
    let task = colours(2, "");
    let plain = agent("from agent.llm_client import EVAL_MODEL as said", &[("lib/extra.py", "A = 1\n")]);
    let (with, without) = (evaluator(), evaluator().agent_layer(false));
    let key = |evaluator: &hyperspace_eval::Evaluator, files| evaluator.key(&task, files, Split::Train);
    assert_eq!(key(&with, &plain), key(&without, &plain));
    let same = with.evaluate(&task, &plain, Split::Train).await.unwrap();
    assert_eq!(same, without.evaluate(&task, &plain, Split::Train).await.unwrap());
    let own = agent("from agent.extra import GRADE as said", &[GRADE]);
    assert_ne!(key(&with, &own), key(&without, &own));
    let outcome = without.evaluate(&task, &own, Split::Train).await.unwrap().outcome;
    assert!(outcome.describe().contains("No module named 'agent.extra'"), "{outcome:?}");
}
