//! A connector as an OCI artifact: the CNCF layout for Wasm (https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/),
//! and its signature as a referrer of it.

use std::collections::BTreeMap;

use oci_client::manifest::{
    IMAGE_MANIFEST_MEDIA_TYPE, ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciDescriptor,
    OciImageIndex, OciImageManifest,
};
use offtake_core::manifest::Manifest;
use serde_json::json;

use crate::Signature;
use crate::installed::digest;
use crate::signature::SIGNATURE_BYTES_MAX;

/// Type of the artifact's config.
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Type of the one layer.
const LAYER: &str = "application/wasm";
/// Type of a signature's artifact and of its layer.
pub(crate) const SIGNATURE: &str = "application/vnd.offtake.signature.minisign.v1";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const EMPTY_CONFIG: &[u8] = b"{}";
/// The largest component that a host loads (`offtake_plugin::COMPONENT_BYTES_MAX`).
const COMPONENT_BYTES_MAX: i64 = 64 << 20;

/// What is pushed: blobs, and the manifest over them.
pub(crate) struct Artifact {
    pub(crate) config: Vec<u8>,
    pub(crate) layer: Vec<u8>,
    pub(crate) manifest: OciImageManifest,
}

/// A component's artifact. The same component makes the same artifact, whenever and wherever it is pushed.
pub(crate) fn of_component(component: Vec<u8>, manifest: &Manifest, names: &Names<'_>) -> Artifact {
    let layer_digest = sha256(&component);
    let config = json!({
        "architecture": "wasm",
        "created": "1970-01-01T00:00:00Z",
        "component": { "exports": names.exports, "imports": names.imports, "target": null },
        "layerDigests": [layer_digest],
        "os": "wasip2",
    });
    let config = config.to_string().into_bytes();
    let annotation = |key: &str, value: &str| (format!("org.opencontainers.image.{key}"), value.to_owned());
    let annotations = BTreeMap::from([
        annotation("title", &manifest.id),
        annotation("version", &manifest.version),
        annotation("description", &manifest.description),
    ]);
    let manifest = OciImageManifest {
        schema_version: 2,
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        config: descriptor(CONFIG, &config),
        layers: vec![descriptor(LAYER, &component)],
        subject: None,
        artifact_type: None,
        annotations: Some(annotations),
    };
    Artifact { config, layer: component, manifest }
}

/// What a component imports and exports.
pub(crate) struct Names<'a> {
    pub(crate) imports: &'a [String],
    pub(crate) exports: &'a [String],
}

/// A signature's artifact, which refers to the component's.
pub(crate) fn of_signature(signature: &Signature, subject: OciDescriptor) -> Artifact {
    let layer = signature.text().as_bytes().to_vec();
    let manifest = OciImageManifest {
        schema_version: 2,
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        config: descriptor(EMPTY, EMPTY_CONFIG),
        layers: vec![descriptor(SIGNATURE, &layer)],
        subject: Some(subject),
        artifact_type: Some(SIGNATURE.to_owned()),
        annotations: None,
    };
    Artifact { config: EMPTY_CONFIG.to_vec(), layer, manifest }
}

/// The component's layer of a manifest that is a connector's.
pub(crate) fn component_layer(manifest: &OciImageManifest) -> Result<&OciDescriptor, String> {
    if manifest.config.media_type != CONFIG {
        return Err(format!("its config is of type {}", manifest.config.media_type));
    }
    match manifest.layers.as_slice() {
        [layer] if layer.media_type != LAYER => Err(format!("its layer is of type {}", layer.media_type)),
        [layer] if !(1..=COMPONENT_BYTES_MAX).contains(&layer.size) => {
            Err(format!("its layer has {} bytes, a component may have {COMPONENT_BYTES_MAX}", layer.size))
        }
        [layer] => Ok(layer),
        layers => Err(format!("it has {} layers", layers.len())),
    }
}

/// The signature's layer of a manifest that is a signature of `subject`. What lies at a fallback tag may be anything.
pub(crate) fn signature_layer<'a>(manifest: &'a OciImageManifest, subject: &str) -> Option<&'a OciDescriptor> {
    let refers = manifest.subject.as_ref().is_some_and(|refers| refers.digest == subject);
    let is_signature = manifest.artifact_type.as_deref() == Some(SIGNATURE);
    let fits = i64::try_from(SIGNATURE_BYTES_MAX).unwrap_or(i64::MAX);
    match manifest.layers.as_slice() {
        [layer] if refers && is_signature && layer.media_type == SIGNATURE && layer.size <= fits => Some(layer),
        _ => None,
    }
}

/// An index of referrers with one more.
pub(crate) fn index_with(index: Option<OciImageIndex>, referrer: OciDescriptor) -> OciImageIndex {
    let mut index = index.unwrap_or(OciImageIndex {
        schema_version: 2,
        media_type: Some(OCI_IMAGE_INDEX_MEDIA_TYPE.to_owned()),
        manifests: Vec::new(),
        artifact_type: None,
        annotations: None,
    });
    index.manifests.retain(|entry| entry.digest != referrer.digest);
    index.manifests.push(ImageIndexEntry {
        media_type: referrer.media_type,
        digest: referrer.digest,
        size: referrer.size,
        platform: None,
        annotations: None,
        artifact_type: Some(SIGNATURE.to_owned()),
    });
    index
}

pub(crate) fn descriptor(media_type: &str, bytes: &[u8]) -> OciDescriptor {
    OciDescriptor {
        media_type: media_type.to_owned(),
        digest: sha256(bytes),
        size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        ..OciDescriptor::default()
    }
}

/// The digest of bytes as registries write it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", digest(bytes))
}

/// Types of manifest that are asked for. A list of manifests is no connector, and can only be said to be none when it
/// comes.
pub(crate) const MANIFESTS: [&str; 3] = [OCI_IMAGE_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE];

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        serde_json::from_value(json!({
            "schema": "offtake.manifest/1", "id": "crm", "name": "CRM", "version": "1.2.0", "wit": "offtake:destination@0.1.0"
        }))
        .unwrap()
    }

    fn artifact() -> Artifact {
        of_component(b"component".to_vec(), &manifest(), &Names { imports: &[], exports: &[] })
    }

    #[test]
    fn only_connectors_are_taken_for_connectors() {
        let good = artifact().manifest;
        assert!(component_layer(&good).is_ok());
        let changed: [fn(&mut OciImageManifest); 6] = [
            |manifest| "application/vnd.oci.image.config.v1+json".clone_into(&mut manifest.config.media_type),
            |manifest| manifest.layers.clear(),
            |manifest| manifest.layers.push(descriptor(LAYER, b"x")),
            |manifest| manifest.layers.iter_mut().for_each(|layer| layer.size = COMPONENT_BYTES_MAX + 1),
            |manifest| manifest.layers.iter_mut().for_each(|layer| layer.size = -1),
            |manifest| manifest.layers.iter_mut().for_each(|layer| "text/plain".clone_into(&mut layer.media_type)),
        ];
        for (index, change) in changed.into_iter().enumerate() {
            let mut manifest = good.clone();
            change(&mut manifest);
            assert!(component_layer(&manifest).is_err(), "{index}");
        }
    }

    #[test]
    fn a_signature_refers_to_its_subject_alone() {
        let signature = Signature::parse(include_str!("../tests/registry/sample.minisig")).unwrap();
        let subject = descriptor(OCI_IMAGE_MEDIA_TYPE, b"manifest");
        let signed = of_signature(&signature, subject.clone()).manifest;
        assert!(signature_layer(&signed, &subject.digest).is_some());
        assert!(signature_layer(&signed, &sha256(b"another")).is_none());
        assert!(signature_layer(&artifact().manifest, &subject.digest).is_none());
    }

    #[test]
    fn the_same_component_makes_the_same_artifact() {
        assert_eq!(artifact().config, artifact().config);
        let (once, again) = (descriptor("x", b"1"), descriptor("x", b"2"));
        let index = index_with(Some(index_with(None, once.clone())), again);
        assert_eq!(index_with(Some(index), once).manifests.len(), 2, "a referrer is listed once");
    }
}
