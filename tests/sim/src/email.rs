//! Email addresses as vendors judge them.

/// An address in lower case, none when it is not one.
pub(crate) fn normal(text: &str) -> Option<String> {
    let address = text.trim().to_lowercase();
    let plausible = address.split_once('@').is_some_and(|(local, domain)| {
        let labels: Vec<&str> = domain.split('.').collect();
        !local.is_empty()
            && labels.len() > 1
            && labels.iter().all(|label| !label.is_empty())
            && !address.chars().any(|letter| letter.is_whitespace() || letter == ',')
            && !domain.contains('@')
    });
    plausible.then_some(address)
}
