//! Other versions of the HubSpot connector: the same code under another manifest.

use serde_json::Value;

use crate::project::CONNECTOR;

const NAME: &[u8] = b"offtake:manifest";

/// The connector with its manifest changed.
pub(crate) fn with(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut component = std::fs::read(&*CONNECTOR).unwrap();
    // The build writes the manifest's section last: an id, its length, the name with its length, and the JSON.
    let name = component.windows(NAME.len()).rposition(|window| window == NAME).unwrap();
    let json = component.split_off(name + NAME.len());
    component.truncate(name - 1 - leb128(1 + NAME.len() + json.len()).len() - 1);
    let mut manifest: Value = serde_json::from_slice(&json).unwrap();
    change(&mut manifest);
    let json = manifest.to_string().into_bytes();
    component.push(0);
    component.extend(leb128(1 + NAME.len() + json.len()));
    component.push(u8::try_from(NAME.len()).unwrap());
    component.extend_from_slice(NAME);
    component.extend(json);
    component
}

/// The connector as another version.
pub(crate) fn version(version: &str) -> Vec<u8> {
    with(|manifest| manifest["version"] = version.into())
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
