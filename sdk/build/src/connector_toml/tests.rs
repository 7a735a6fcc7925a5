//! What is read, and that nothing wrong goes unsaid.

use super::*;

const GOOD: &str = r#"
id = "acme"
name = "Acme"
version = "1.2.0-rc.1"
description = "Writes to Acme"
idempotency_header = "Idempotency-Key"

[endpoints.api]
base = "https://api.acme.com"
methods = ["GET", "POST"]
paths = ["/v1/**"]

[credentials.token]
kind = "bearer"
header = "Authorization"
endpoints = ["api"]
description = "An API token"

[config]
type = "object"
properties = { region = { type = "string", default = "eu" } }

[limits]
memory_mib = 32
"#;

#[test]
fn reads_everything() {
    let manifest = parse(GOOD, Limits::default()).unwrap();
    assert_eq!(
        manifest.canonical_json(),
        concat!(
            r#"{"config":{"properties":{"region":{"default":"eu","type":"string"}},"type":"object"},"#,
            r#""credentials":{"token":{"description":"An API token","endpoints":["api"],"header":"Authorization","kind":"bearer"}},"#,
            r#""description":"Writes to Acme","#,
            r#""endpoints":{"api":{"base":"https://api.acme.com","methods":["GET","POST"],"paths":["/v1/**"]}},"#,
            r#""id":"acme","idempotency_header":"Idempotency-Key","limits":{"cpu_ms":2000,"memory_mib":32,"wall_ms":120000},"#,
            r#""name":"Acme","schema":"offtake.manifest/1","version":"1.2.0-rc.1","wit":""}"#,
        )
    );
}

#[test]
fn says_everything_that_is_wrong_at_once() {
    let bad = r#"id = "Acme"
version = "1"
descripton = "typo"

[endpoints.api]
base = "http://api.acme.com/v1"
methods = ["get"]
paths = ["v1/**", "/a*b"]

[credentials.token]
kind = "oauth"
header = "Host"
endpoints = ["nowhere"]
description = 7

[limits]
cpu_ms = 0
"#;
    let problems = parse(bad, Limits::default()).unwrap_err();
    let said: Vec<(usize, &str)> = problems.iter().map(|problem| (problem.line, problem.key.as_str())).collect();
    assert_eq!(
        said,
        [
            (1, "id"),
            (1, "name"),
            (1, "description"),
            (2, "version"),
            (3, "descripton"),
            (6, "endpoints.api.base"),
            (7, "endpoints.api.methods"),
            (8, "endpoints.api.paths"),
            (8, "endpoints.api.paths"),
            (11, "credentials.token.kind"),
            (12, "credentials.token.header"),
            (13, "credentials.token.endpoints"),
            (14, "credentials.token.description"),
            (17, "limits.cpu_ms"),
        ]
    );
}

#[test]
fn says_where_the_syntax_breaks() {
    let problems = parse("id = \"acme\"\nname = \n", Limits::default()).unwrap_err();
    assert_eq!(problems[0].line, 2);
}

#[test]
fn knows_origins_versions_and_paths() {
    for (text, fits) in [
        ("https://api.example.com", true),
        ("https://api.example.com:8443", true),
        ("https://api.example.com/", false),
        ("https://user@api.example.com", false),
        ("https://", false),
        ("http://api.example.com", false),
    ] {
        assert_eq!(checks::origin(text).is_ok(), fits, "{text}");
    }
    for (text, fits) in [("1.0.0", true), ("0.1.0+build.5", true), ("01.0.0", false), ("1.0", false), ("1.0.0-", false)]
    {
        assert_eq!(checks::version(text).is_ok(), fits, "{text}");
    }
    for (text, fits) in [("/**", true), ("/a/*/b", true), ("/a/../b", false), ("/a?b", false), ("a", false)] {
        assert_eq!(checks::path(text).is_ok(), fits, "{text}");
    }
}

#[test]
fn access_tokens_are_declared_with_their_defaults() {
    let declared =
        "\n[credentials.token.oauth2]\nendpoint = \"api\"\npath = \"/oauth/token\"\nflows = [\"refresh_token\"]\n";
    let text = GOOD.replace("[config]", &format!("{declared}\n[config]"));
    let oauth2 = parse(&text, Limits::default()).unwrap().credentials.remove("token").unwrap().oauth2.unwrap();
    assert_eq!((oauth2.request.as_str(), oauth2.client_auth.as_str(), oauth2.scopes.len()), ("form", "body", 0));
    let cases = [
        ("endpoint = \"api\"", "endpoint = \"login\"", "there is no endpoint"),
        ("/oauth/token", "/oauth/**", "without *"),
        ("refresh_token", "implicit", "must be one of client_credentials"),
        ("flows =", "request = \"xml\"\nflows =", "must be one of form"),
        ("flows =", "scopes = [\"a b\"]\nflows =", "without spaces"),
    ];
    for (from, to, expected) in cases {
        let problems = parse(&text.replace(from, to), Limits::default()).unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains(expected)), "{to}: {problems:?}");
    }
}
