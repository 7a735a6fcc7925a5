//! The script's templates and expressions, compiled once.

use std::fmt;

use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::Value;

use super::File;
use super::answers::{Answer, Asked, Rule};

/// Compiled templates.
pub(crate) struct Templates {
    environment: Environment<'static>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Templates(…)")
    }
}

impl Templates {
    pub(super) fn new(file: &File) -> Result<Self, String> {
        let mut environment = Environment::new();
        // A field that a request does not have is a thing to ask about, not a mistake of the script.
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_keep_trailing_newline(false);
        let this = Self { environment: environment.clone() };
        for (index, rule) in file.answers.iter().enumerate() {
            let of = |part: &str, error: minijinja::Error| format!("answers[{index}].{part}: {}", words(&error));
            environment.add_template_owned(name(index), rule.body.clone()).map_err(|error| of("body", error))?;
            if let Some(when) = &rule.when {
                this.environment.compile_expression(when).map_err(|error| of("when", error))?;
            }
        }
        if let Some(null) = &file.null {
            for (key, expression) in [("sent", &null.sent), ("left_alone", &null.left_alone)] {
                let of = |error| format!("null.{key}: {}", words(&error));
                this.environment.compile_expression(expression).map_err(of)?;
            }
        }
        for (field, value) in &file.row {
            if let Value::String(text) = value {
                this.environment
                    .render_str(text, context! { n => 0 })
                    .map_err(|error| format!("row.{field}: {}", words(&error)))?;
            }
        }
        Ok(Self { environment })
    }

    /// A value of row `n`: texts are templates over its number, at every depth.
    pub(super) fn row_value(&self, value: &Value, n: usize) -> Value {
        match value {
            Value::String(text) => {
                // It was rendered once when the script was read.
                Value::String(self.environment.render_str(text, context! { n }).unwrap_or_else(|_| text.clone()))
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.row_value(item, n)).collect()),
            other => other.clone(),
        }
    }

    pub(super) fn holds(&self, expression: &str, asked: &Asked<'_>) -> Result<bool, String> {
        let compiled = self.environment.compile_expression(expression);
        let value = compiled.and_then(|compiled| compiled.eval(context! { request => asked.as_json() }));
        value.map(|value| value.is_true()).map_err(|error| format!("`{expression}`: {}", words(&error)))
    }

    pub(super) fn answer(&self, index: usize, rule: &Rule, asked: &Asked<'_>, vendor: &str) -> Result<Answer, String> {
        let of = |error| format!("answers[{index}].body: {}", words(&error));
        let template = self.environment.get_template(&name(index)).map_err(of)?;
        let body = template.render(context! { request => asked.as_json(), vendor }).map_err(of)?;
        let mut headers: Vec<(String, String)> =
            rule.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
        if !body.is_empty() && !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        Ok(Answer { status: rule.status, headers, body: body.into_bytes() })
    }
}

fn name(index: usize) -> String {
    format!("answer-{index}")
}

/// minijinja's message with its line, without its debug frame.
fn words(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!(" (line {line})")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("{}{detail}{line}", error.kind())
}
