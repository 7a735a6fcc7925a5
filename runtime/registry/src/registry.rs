//! Talks to a registry: pushes and pulls connectors with their signatures.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use bytes::Bytes;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use futures::StreamExt;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest, OciManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use offtake_core::manifest::Manifest;

use crate::artifact::{self, Artifact, Names};
use crate::{Error, Signature};

/// A registry that does not take a connection in this time is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two bytes of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A component has one signature of its vendor, and perhaps one of a reviewer or two.
const SIGNATURES_MAX: usize = 16;

/// How registries are reached.
#[derive(Debug, Clone, Default)]
pub struct RegistryOptions {
    /// Whether plain http is used: for a registry on loopback.
    pub plain_http: bool,
    /// A certificate authority to trust beside those of the system, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Where `docker login` keeps logins (`~/.docker/config.json`); none sends requests without one.
    pub docker_config: Option<PathBuf>,
}

/// A client of registries.
pub struct Registry {
    client: Client,
    docker_config: Option<PathBuf>,
}

/// What was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The reference by digest: it means these bytes for ever.
    pub reference: String,
    /// Whether a signature went with it.
    pub signed: bool,
}

/// What was pulled.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// The reference by digest.
    pub reference: String,
    /// The component, whose bytes are those of the digest.
    pub component: Vec<u8>,
    /// Signatures that came with it. Nothing says yet whose they are.
    pub signatures: Vec<Signature>,
}

impl Registry {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// OFT-P037 for a certificate that cannot be read, OFT-P040 for one that is none.
    pub fn new(options: &RegistryOptions) -> Result<Self, Error> {
        // The client takes the process' choice of cryptography, and panics where none was made.
        static CHOSEN: Once = Once::new();
        CHOSEN.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let extra_root_certificates = options.ca_file.as_deref().map(certificate).transpose()?.into_iter().collect();
        let config = ClientConfig {
            protocol: if options.plain_http { ClientProtocol::Http } else { ClientProtocol::Https },
            extra_root_certificates,
            connect_timeout: Some(CONNECT_TIMEOUT),
            read_timeout: Some(READ_TIMEOUT),
            user_agent: concat!("offtake/", env!("CARGO_PKG_VERSION")),
            // A list of platforms is no connector.
            platform_resolver: None,
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|error| Error::Registry {
            registry: "the client of registries".to_owned(),
            what: "cannot be set up",
            why: error.to_string(),
        })?;
        Ok(Self { client, docker_config: options.docker_config.clone() })
    }

    /// Pushes a component, and its signature as a referrer.
    ///
    /// # Errors
    /// OFT-P040.
    pub async fn push(
        &self,
        reference: &Reference,
        component: Vec<u8>,
        manifest: &Manifest,
        (imports, exports): (&[String], &[String]),
        signature: Option<&Signature>,
    ) -> Result<Pushed, Error> {
        self.log_in(reference, RegistryOperation::Push).await?;
        let artifact = artifact::of_component(component, manifest, &Names { imports, exports });
        let pushed = self.put(reference, artifact, None).await?;
        let by_digest = reference.clone_with_digest(pushed.digest.clone());
        if let Some(signature) = signature {
            self.put_signature(&by_digest, signature, pushed).await?;
        }
        Ok(Pushed { reference: whole(&by_digest), signed: signature.is_some() })
    }

    /// Pulls a component with its signatures.
    ///
    /// # Errors
    /// OFT-P040 to OFT-P043.
    pub async fn pull(&self, reference: &Reference) -> Result<Pulled, Error> {
        self.log_in(reference, RegistryOperation::Pull).await?;
        let (manifest, digest) = self.manifest(reference).await?;
        let not_a_connector = |why| Error::NotAConnector { reference: whole(reference), why };
        let layer = artifact::component_layer(&manifest).map_err(not_a_connector)?;
        let component = self.blob(reference, layer).await?;
        let by_digest = reference.clone_with_digest(digest);
        let signatures = self.signatures(&by_digest).await?;
        Ok(Pulled { reference: whole(&by_digest), component, signatures })
    }

    async fn log_in(&self, reference: &Reference, operation: RegistryOperation) -> Result<(), Error> {
        let auth = self.credentials(reference)?;
        let authenticated = self.client.auth(reference, &auth, operation).await;
        self.client.store_auth_if_needed(reference.resolve_registry(), &auth).await;
        authenticated.map(|_| ()).map_err(|error| failed(reference, "refuses the login", error))
    }

    /// What `docker login` has kept.
    fn credentials(&self, reference: &Reference) -> Result<RegistryAuth, Error> {
        let registry = reference.resolve_registry();
        let refused = |why: String| Error::Registry { registry: registry.to_owned(), what: "refuses the login", why };
        let Some(path) = &self.docker_config else { return Ok(RegistryAuth::Anonymous) };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(RegistryAuth::Anonymous),
            Err(source) => return Err(Error::File { path: path.clone(), source }),
        };
        match docker_credential::get_credential_from_reader(file, registry) {
            Ok(DockerCredential::UsernamePassword(user, password)) => Ok(RegistryAuth::Basic(user, password)),
            Ok(DockerCredential::IdentityToken(_)) => {
                Err(refused("the login that docker has kept is an identity token, which is not supported".to_owned()))
            }
            Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(RegistryAuth::Anonymous),
            Err(error) => Err(refused(format!("the login that docker has kept cannot be read: {error}"))),
        }
    }

    /// Puts blobs and then the manifest over them, by `tag` or under its digest. Returns its descriptor.
    async fn put(
        &self,
        reference: &Reference,
        artifact: Artifact,
        place: Option<&Reference>,
    ) -> Result<OciDescriptor, Error> {
        let Artifact { config, layer, manifest } = artifact;
        let failed = |error| failed(reference, "does not take the connector", error);
        for (blob, descriptor) in [(layer, manifest.layers.first()), (config, Some(&manifest.config))] {
            let digest = descriptor.map(|descriptor| descriptor.digest.clone()).unwrap_or_default();
            self.client.push_blob(reference, Bytes::from(blob), &digest).await.map_err(failed)?;
        }
        let body = serde_json::to_vec(&manifest).map_err(|error| failed(error.into()))?;
        let descriptor = artifact::descriptor(OCI_IMAGE_MEDIA_TYPE, &body);
        let under_digest = reference.clone_with_digest(descriptor.digest.clone());
        let target = place.unwrap_or(if reference.digest().is_some() { &under_digest } else { reference });
        let content_type = http::HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
        self.client.push_manifest_raw(target, body, content_type).await.map_err(failed)?;
        Ok(descriptor)
    }

    async fn put_signature(
        &self,
        by_digest: &Reference,
        signature: &Signature,
        subject: OciDescriptor,
    ) -> Result<(), Error> {
        let referrer = self.put(by_digest, artifact::of_signature(signature, subject), None).await?;
        let failed = |error| failed(by_digest, "does not take the signature", error);
        let listed = self.client.pull_referrers(by_digest, Some(artifact::SIGNATURE)).await.map_err(failed)?;
        if listed.manifests.iter().any(|entry| entry.digest == referrer.digest) {
            return Ok(());
        }
        // A registry that keeps no list of referrers has one kept for it, under a tag.
        let tag = fallback(by_digest);
        let index = match self.client.pull_manifest(&tag, &RegistryAuth::Anonymous).await {
            Ok((OciManifest::ImageIndex(index), _)) => Some(index),
            Ok((OciManifest::Image(_), _)) => None,
            Err(error) if is_missing(&error) => None,
            Err(error) => return Err(failed(error)),
        };
        let index = OciManifest::ImageIndex(artifact::index_with(index, referrer));
        self.client.push_manifest(&tag, &index).await.map(|_| ()).map_err(failed)
    }

    async fn manifest(&self, reference: &Reference) -> Result<(OciImageManifest, String), Error> {
        let pulled = self.client.pull_manifest_raw(reference, &RegistryAuth::Anonymous, &artifact::MANIFESTS).await;
        let (bytes, _) = pulled.map_err(|error| failed(reference, "does not give the manifest", error))?;
        // The registry's own word on the digest is not asked for.
        let digest = artifact::sha256(&bytes);
        if reference.digest().is_some_and(|expected| expected != digest) {
            return Err(Error::Digest { reference: whole(reference) });
        }
        let manifest = serde_json::from_slice(&bytes).map_err(|error| Error::NotAConnector {
            reference: whole(reference),
            why: format!("its manifest cannot be read ({error})"),
        });
        Ok((manifest?, digest))
    }

    /// A blob, no longer than its descriptor says and with the digest that it says.
    async fn blob(&self, reference: &Reference, descriptor: &OciDescriptor) -> Result<Vec<u8>, Error> {
        let not_given = |error| failed(reference, "does not give the bytes", error);
        let mut stream = self.client.pull_blob_stream(reference, descriptor).await.map_err(not_given)?;
        let wrong = || Error::Digest { reference: whole(reference) };
        let size = usize::try_from(descriptor.size).map_err(|_| wrong())?;
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.next().await {
            // The client compares digests at the end, and says so in an I/O error.
            let chunk = chunk.map_err(|_| wrong())?;
            if bytes.len() + chunk.len() > size {
                return Err(wrong());
            }
            bytes.extend_from_slice(&chunk);
        }
        if artifact::sha256(&bytes) == descriptor.digest { Ok(bytes) } else { Err(wrong()) }
    }

    async fn signatures(&self, by_digest: &Reference) -> Result<Vec<Signature>, Error> {
        let subject = by_digest.digest().unwrap_or_default().to_owned();
        let listed = self.client.pull_referrers(by_digest, Some(artifact::SIGNATURE)).await;
        let listed = match listed {
            Ok(listed) => listed.manifests,
            // An image where a list of referrers should be: some registries answer so for what is not there.
            Err(OciDistributionError::SpecViolationError(_)) => Vec::new(),
            Err(error) => return Err(failed(by_digest, "does not list signatures", error)),
        };
        let mut signatures = Vec::new();
        for entry in listed.into_iter().take(SIGNATURES_MAX) {
            let reference = by_digest.clone_with_digest(entry.digest);
            let Ok((manifest, _)) = self.manifest(&reference).await else { continue };
            let Some(layer) = artifact::signature_layer(&manifest, &subject) else { continue };
            let text = self.blob(&reference, layer).await?;
            signatures.extend(std::str::from_utf8(&text).ok().and_then(|text| Signature::parse(text).ok()));
        }
        Ok(signatures)
    }
}

/// The tag of the list of referrers, where a registry keeps none.
fn fallback(by_digest: &Reference) -> Reference {
    let tag = by_digest.digest().unwrap_or_default().replace(':', "-");
    Reference::with_tag(by_digest.resolve_registry().to_owned(), by_digest.repository().to_owned(), tag)
}

fn certificate(path: &Path) -> Result<Certificate, Error> {
    let data = std::fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    Ok(Certificate { encoding: CertificateEncoding::Pem, data })
}

/// `registry/repository@digest`, without the tag that led there.
fn whole(reference: &Reference) -> String {
    match reference.digest() {
        Some(digest) => format!("{}/{}@{digest}", reference.resolve_registry(), reference.repository()),
        None => reference.whole(),
    }
}

fn is_missing(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::ImageManifestNotFoundError(_) | OciDistributionError::ServerError { code: 404, .. } => {
            true
        }
        OciDistributionError::RegistryError { envelope, .. } => {
            let text = envelope.to_string();
            ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND", "manifest unknown", "not known to registry"]
                .iter()
                .any(|code| text.contains(code))
        }
        _ => false,
    }
}

fn failed(reference: &Reference, what: &'static str, error: OciDistributionError) -> Error {
    if is_missing(&error) {
        return Error::NotThere(whole(reference));
    }
    if let OciDistributionError::DigestError(_) = error {
        return Error::Digest { reference: whole(reference) };
    }
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        why = inner.to_string();
        cause = inner.source();
    }
    Error::Registry { registry: reference.resolve_registry().to_owned(), what, why }
}
