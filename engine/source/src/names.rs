//! Reads the names of a tree into scopes and steps.

use crate::node::Node;

use crate::flow::{Step, TrySteps};
use crate::scope::{NameScopes, ScopeKind};
use crate::tree::SyntaxTree;

/// The names of a text.
#[derive(Debug)]
pub(crate) struct Names<'t> {
    pub(crate) scopes: NameScopes<'t>,
    pub(crate) steps: Vec<Step>,
    /// Names that are defined by `import`, `def` and `class`: the scope, the name, the statement.
    pub(crate) definitions: Vec<(usize, &'t str, Node<'t>)>,
    /// Bytes at which a variable is read, not bound.
    pub(crate) uses: Vec<usize>,
}

impl<'t> Names<'t> {
    /// Reads the names of a text.
    pub(crate) fn of(tree: &'t SyntaxTree) -> Self {
        let mut scopes = NameScopes::default();
        let module = scopes.add(ScopeKind::Module, None);
        let mut reader = NameReader { tree, scopes, definitions: Vec::new(), uses: Vec::new() };
        let steps = reader.steps(tree.root().named(), module);
        let NameReader { scopes, definitions, uses, .. } = reader;
        Self { scopes, steps, definitions, uses }
    }
}

struct NameReader<'t> {
    tree: &'t SyntaxTree,
    scopes: NameScopes<'t>,
    definitions: Vec<(usize, &'t str, Node<'t>)>,
    uses: Vec<usize>,
}

impl<'t> NameReader<'t> {
    /// Reads nodes one after the other.
    fn steps(&mut self, nodes: impl IntoIterator<Item = Node<'t>>, scope: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        for node in nodes {
            self.read(node, scope, &mut steps);
        }
        steps
    }

    /// Reads the field of a node; nothing if it has none.
    fn field(&mut self, node: Node<'t>, field: &str, scope: usize, steps: &mut Vec<Step>) {
        for node in node.fields(field).filter(|node| node.is_named()) {
            self.read(node, scope, steps);
        }
    }

    /// Reads a node.
    fn read(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        match node.kind() {
            "identifier" => self.note(node, scope, steps, false),
            "function_definition" | "class_definition" => self.definition(node, scope, steps),
            "lambda" => self.function(node, scope, steps),
            "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => {
                self.comprehension(node, scope, steps);
            }
            "assignment" | "augmented_assignment" => self.assignment(node, scope, steps),
            "named_expression" => self.named_expression(node, scope, steps),
            "attribute" => self.field(node, "object", scope, steps),
            "keyword_argument" => self.field(node, "value", scope, steps),
            "type" | "type_parameter" | "type_alias_statement" => self.pin_all(node, scope),
            "global_statement" | "nonlocal_statement" => self.declare(node, scope),
            "delete_statement" => {
                steps.extend(self.steps(node.named(), scope));
                self.pin_all(node, scope);
            }
            "import_statement" | "import_from_statement" | "future_import_statement" => {
                self.import(node, scope)
            }
            "case_pattern" => {
                self.bind_all(node, scope);
                self.pin_all(node, scope);
            }
            _ => self.statement(node, scope, steps),
        }
    }

    /// Reads a statement that says where control goes, or anything else.
    fn statement(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        match node.kind() {
            "return_statement" | "raise_statement" | "break_statement" | "continue_statement" => {
                steps.extend(self.steps(node.named(), scope));
                steps.push(Step::Stop);
            }
            "if_statement" => self.if_statement(node, scope, steps),
            "for_statement" => {
                self.field(node, "right", scope, steps);
                let mut body = Vec::new();
                if let Some(left) = node.field("left") {
                    self.target(left, scope, &mut body);
                }
                self.field(node, "body", scope, &mut body);
                steps.push(Step::Maybe(body));
                self.maybe(node, "alternative", scope, steps);
            }
            "while_statement" => {
                self.field(node, "condition", scope, steps);
                self.maybe(node, "body", scope, steps);
                self.maybe(node, "alternative", scope, steps);
            }
            "with_statement" => {
                let is_body = |part: &Node<'t>| part.kind() == "block";
                steps.extend(self.steps(node.named().filter(|part| !is_body(part)), scope));
                // A context manager may swallow an error, so that the body ended anywhere.
                let body = self.steps(node.named().filter(is_body), scope);
                steps.push(Step::Maybe(body));
            }
            "as_pattern" => {
                let alias = node.field("alias");
                steps.extend(self.steps(node.named().filter(|part| Some(*part) != alias), scope));
                for target in alias.into_iter().flat_map(Node::named) {
                    self.target(target, scope, steps);
                }
            }
            "try_statement" => self.try_statement(node, scope, steps),
            "case_clause" => {
                let part = self.steps(node.named(), scope);
                steps.push(Step::Maybe(part));
            }
            _ => steps.extend(self.steps(node.named(), scope)),
        }
    }

    fn maybe(&mut self, node: Node<'t>, field: &str, scope: usize, steps: &mut Vec<Step>) {
        let mut part = Vec::new();
        self.field(node, field, scope, &mut part);
        steps.push(Step::Maybe(part));
    }

    fn if_statement(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        self.field(node, "condition", scope, steps);
        let mut ways = vec![Vec::new()];
        self.field(node, "consequence", scope, &mut ways[0]);
        let ends = node.fields("alternative").last().is_some_and(|last| last.kind() == "else_clause");
        // The conditions of later alternatives are read when the earlier ones did not hold; nothing is bound by them.
        for alternative in node.fields("alternative") {
            ways.push(self.steps(alternative.named(), scope));
        }
        if !ends {
            ways.push(Vec::new());
        }
        steps.push(Step::Branch(ways));
    }

    fn try_statement(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        let mut parts = TrySteps::default();
        for part in node.named() {
            match part.kind() {
                "except_clause" => {
                    let alias = self.except_alias(part);
                    if let Some(alias) = alias {
                        // The variable goes at the end of the clause.
                        self.bind_all(alias, scope);
                        self.pin_all(alias, scope);
                    }
                    let rest = part.named().flat_map(|one| match one.kind() {
                        "as_pattern" => one.named().collect(),
                        _ => vec![one],
                    });
                    let handler = self.steps(rest.filter(|one| Some(*one) != alias), scope);
                    parts.handlers.push(handler);
                }
                "else_clause" => parts.otherwise = self.steps(part.named(), scope),
                "finally_clause" => parts.last = self.steps(part.named(), scope),
                _ => parts.body.extend(self.steps([part], scope)),
            }
        }
        steps.push(Step::Try(Box::new(parts)));
    }

    /// Returns the name that an `except` clause gives to the error.
    fn except_alias(&self, clause: Node<'t>) -> Option<Node<'t>> {
        clause.field("alias").or_else(|| {
            let pattern = clause.named().find(|part| part.kind() == "as_pattern")?;
            pattern.field("alias")
        })
    }

    /// Reads an assignment: values before targets.
    fn assignment(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        if let Some(kind) = node.field("type") {
            self.pin_all(kind, scope);
        }
        let left = node.field("left");
        if node.kind() == "augmented_assignment" {
            left.into_iter().for_each(|left| self.read(left, scope, steps));
        }
        self.field(node, "right", scope, steps);
        if let Some(left) = left {
            // A declaration without a value makes the name local, and binds nothing.
            let declared = node.field("right").is_none();
            let mut targets = Vec::new();
            self.target(left, scope, if declared { &mut targets } else { steps });
        }
    }

    fn named_expression(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        self.field(node, "value", scope, steps);
        if let Some(name) = node.field("name") {
            let owner = self.scopes.binding_scope(scope);
            self.bind_all(name, owner);
            // Python refuses the name of a comprehension's own variable, so that one stays as it is, too.
            for inner in self.scopes.comprehensions(scope) {
                self.scopes.pins.push((inner, self.tree.text_of(name)));
            }
            self.pin_all(name, owner);
        }
    }

    /// Reads a target of an assignment.
    fn target(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        match node.kind() {
            "identifier" => {
                self.scopes.all[scope].bound.insert(self.tree.text_of(node));
                self.note(node, scope, steps, true);
            }
            "attribute" | "subscript" | "call" => self.read(node, scope, steps),
            _ => node.named().for_each(|part| self.target(part, scope, steps)),
        }
    }

    /// Notes an occurrence of a variable.
    fn note(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>, binds: bool) {
        let (at, name) = (node.start_byte(), self.tree.text_of(node));
        self.scopes.occurrences.insert(at, (scope, name));
        if binds {
            steps.push(Step::Bind(at));
        } else {
            self.uses.push(at);
            steps.push(Step::Use(at));
        }
        if self.scopes.all[scope].kind == ScopeKind::Class || name.starts_with("__") {
            self.scopes.pins.push((scope, name));
        }
    }

    /// Reads the definition of a function or class.
    fn definition(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        if let Some(kinds) = node.field("type_parameters") {
            self.pin_all(kinds, scope);
        }
        if let Some(name) = node.field("name") {
            self.define(name, scope, node);
        }
        if node.kind() == "function_definition" {
            self.function(node, scope, steps);
        } else {
            self.field(node, "superclasses", scope, steps);
            let class = self.scopes.add(ScopeKind::Class, Some(scope));
            self.field(node, "body", class, steps);
        }
    }

    /// Reads a function or lambda: defaults and kinds where it stands, everything else in its own scope, when it is called.
    fn function(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        let function = self.scopes.add(ScopeKind::Function, Some(scope));
        if let Some(kind) = node.field("return_type") {
            self.pin_all(kind, scope);
        }
        for parameter in node.field("parameters").into_iter().flat_map(Node::named) {
            self.parameter(parameter, scope, function, steps);
        }
        if let Some(kinds) = node.field("type_parameters") {
            self.parameters_of(kinds, function);
        }
        self.maybe(node, "body", function, steps);
    }

    fn parameter(&mut self, node: Node<'t>, scope: usize, function: usize, steps: &mut Vec<Step>) {
        self.field(node, "value", scope, steps);
        let (value, kind) = (node.field("value"), node.field("type"));
        if let Some(kind) = kind {
            self.pin_all(kind, scope);
        }
        if node.kind() == "identifier" {
            self.parameters_of(node, function);
        }
        for part in node.named().filter(|part| Some(*part) != value && Some(*part) != kind) {
            self.parameters_of(part, function);
        }
    }

    /// Adds every name below a node to the parameters of a function.
    fn parameters_of(&mut self, node: Node<'t>, function: usize) {
        for name in self.identifiers(node) {
            self.scopes.all[function].parameters.insert(name);
        }
    }

    /// Reads a comprehension, whose first iterable belongs to the scope around it.
    fn comprehension(&mut self, node: Node<'t>, scope: usize, steps: &mut Vec<Step>) {
        let inner = self.scopes.add(ScopeKind::Comprehension, Some(scope));
        let mut is_first = true;
        for clause in node.named() {
            match clause.kind() {
                "for_in_clause" => {
                    let from = if std::mem::take(&mut is_first) { scope } else { inner };
                    self.field(clause, "right", from, steps);
                    if let Some(left) = clause.field("left") {
                        self.target(left, inner, steps);
                    }
                }
                "if_clause" => steps.extend(self.steps(clause.named(), inner)),
                _ => {}
            }
        }
        self.field(node, "body", inner, steps);
    }

    fn declare(&mut self, node: Node<'t>, scope: usize) {
        for name in self.identifiers(node) {
            self.scopes.all[scope].foreign.insert(name);
            self.scopes.pins.push((scope, name));
        }
    }

    fn import(&mut self, node: Node<'t>, scope: usize) {
        for name in node.fields("name") {
            let defined = match name.kind() {
                "aliased_import" => name.field("alias"),
                _ => name.named().next(),
            };
            if let Some(defined) = defined {
                self.define(defined, scope, node);
            }
        }
    }

    /// Binds the name of a definition, which stays as it is.
    fn define(&mut self, name: Node<'t>, scope: usize, statement: Node<'t>) {
        let text = self.tree.text_of(name);
        self.scopes.all[scope].bound.insert(text);
        self.scopes.pins.push((scope, text));
        self.definitions.push((scope, text, statement));
    }

    fn bind_all(&mut self, node: Node<'t>, scope: usize) {
        for name in self.identifiers(node) {
            self.scopes.all[scope].bound.insert(name);
        }
    }

    /// Lets every name below a node stay as it is.
    fn pin_all(&mut self, node: Node<'t>, scope: usize) {
        for one in node.preorder().filter(|one| one.kind() == "identifier") {
            self.scopes.pins.push((scope, self.tree.text_of(one)));
            self.uses.push(one.start_byte());
            self.scopes.occurrences.entry(one.start_byte()).or_insert((scope, self.tree.text_of(one)));
        }
    }

    fn identifiers(&self, node: Node<'t>) -> Vec<&'t str> {
        let names = node.preorder().filter(|one| one.kind() == "identifier" && one.is_leaf());
        names.map(|one| self.tree.text_of(one)).collect()
    }
}
