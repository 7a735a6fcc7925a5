//! What is asked of a token endpoint, and what its answer says. Pure: nothing is sent here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use offtake_core::manifest::{ClientAuth, TokenRequestFormat};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

/// What goes to a token endpoint.
pub(super) struct TokenRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

/// The client as it identifies itself.
pub(super) struct Client<'a> {
    pub(super) id: &'a str,
    pub(super) secret: Option<&'a SecretString>,
    pub(super) auth: ClientAuth,
}

/// The answer to a token request.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    /// Seconds.
    pub(super) expires_in: Option<u64>,
}

/// Writes a request the way that the vendor reads it.
pub(super) fn write(
    format: TokenRequestFormat,
    url: &Url,
    client: &Client<'_>,
    parameters: &[(&str, &str)],
) -> Result<TokenRequest, String> {
    let mut all: Vec<(&str, &str)> = parameters.to_vec();
    let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    match (client.auth, client.secret) {
        (ClientAuth::Basic, Some(secret)) => {
            headers.insert(AUTHORIZATION, basic(client.id, secret.expose_secret())?);
        }
        (_, secret) => {
            all.push(("client_id", client.id));
            all.extend(secret.map(|secret| ("client_secret", secret.expose_secret())));
        }
    }
    let mut url = url.clone();
    let (method, body) = match format {
        TokenRequestFormat::Form => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            (Method::POST, Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish()))
        }
        TokenRequestFormat::Json => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let object: Map<String, Value> =
                all.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect();
            (Method::POST, Some(Value::Object(object).to_string()))
        }
        TokenRequestFormat::Query => {
            url.query_pairs_mut().extend_pairs(all);
            (Method::GET, None)
        }
    };
    Ok(TokenRequest { method, url, headers, body: body.map(String::into_bytes) })
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, String> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let text = format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))));
    let mut value = HeaderValue::from_str(&text).map_err(|_| "the client's secret is not header text".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads the answer that a token endpoint gave with a status of success.
pub(super) fn read(body: &[u8]) -> Result<Issued, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| "its answer is not JSON".to_owned())?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let access = text("access_token").ok_or_else(|| "its answer has no `access_token`".to_owned())?;
    let token_type = text("token_type").unwrap_or("bearer");
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err(format!("it issues tokens of type `{token_type}`, not `bearer`"));
    }
    // Some vendors write the number as text.
    let expires_in = answer.get("expires_in");
    let seconds = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    Ok(Issued {
        access: SecretString::from(access),
        refresh: text("refresh_token").map(SecretString::from),
        expires_in: expires_in.and_then(seconds),
    })
}

/// Why a token was refused, in the words of RFC 6749 §5.2 where they are there.
pub(super) fn refusal(body: &[u8]) -> String {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let text = |key: &str| answer.as_ref()?.get(key)?.as_str().map(str::to_owned);
    match (text("error"), text("error_description")) {
        (Some(error), Some(description)) => format!("{error}: {description}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "it does not say why".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: TokenRequestFormat, auth: ClientAuth) -> TokenRequest {
        let secret = SecretString::from("s&cret");
        let client = Client { id: "my client", secret: Some(&secret), auth };
        let url = Url::parse("https://login.example.com/token").unwrap();
        write(format, &url, &client, &[("grant_type", "client_credentials"), ("scope", "a b")]).unwrap()
    }

    fn body(request: &TokenRequest) -> &str {
        std::str::from_utf8(request.body.as_deref().unwrap_or_default()).unwrap()
    }

    #[test]
    fn each_vendor_is_asked_in_its_way() {
        let form = written(TokenRequestFormat::Form, ClientAuth::Body);
        assert_eq!(body(&form), "grant_type=client_credentials&scope=a+b&client_id=my+client&client_secret=s%26cret");
        let basic = written(TokenRequestFormat::Form, ClientAuth::Basic);
        assert_eq!(body(&basic), "grant_type=client_credentials&scope=a+b");
        let expected = format!("Basic {}", STANDARD.encode("my+client:s%26cret"));
        assert_eq!(basic.headers.get(AUTHORIZATION).unwrap(), expected.as_str());
        let json = written(TokenRequestFormat::Json, ClientAuth::Body);
        let object: Value = serde_json::from_str(body(&json)).unwrap();
        assert_eq!(object.get("client_secret").unwrap(), "s&cret");
        let query = written(TokenRequestFormat::Query, ClientAuth::Body);
        assert_eq!((query.method, query.body), (Method::GET, None));
        assert!(query.url.query().unwrap().ends_with("client_secret=s%26cret"));
    }

    #[test]
    fn answers_are_read_or_refused() {
        let cases = [
            (r#"{"access_token":"a","expires_in":1800}"#, Some(Some(1800))),
            (r#"{"access_token":"a","expires_in":"3599","token_type":"Bearer"}"#, Some(Some(3599))),
            (r#"{"access_token":"a"}"#, Some(None)),
            (r#"{"access_token":""}"#, None),
            (r#"{"access_token":7}"#, None),
            (r#"{"access_token":"a","token_type":"mac"}"#, None),
            ("<html>", None),
        ];
        for (answer, expected) in cases {
            let read = read(answer.as_bytes()).ok().map(|issued| issued.expires_in);
            assert_eq!(read, expected, "{answer}");
        }
        assert_eq!(refusal(br#"{"error":"invalid_grant","error_description":"gone"}"#), "invalid_grant: gone");
        assert_eq!(refusal(b"<html>"), "it does not say why");
    }
}
