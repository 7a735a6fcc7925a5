//! Compiled components: used again when they are this host's own, and compiled again when they are not.

mod attacked;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use offtake_plugin::{Host, Options};
use tokio::sync::Mutex;

use crate::support::way_out::Nowhere;
use crate::support::{HOST, bind, expect_ok, guest, journal};

/// What the host says of a file does not name the folder, so one test at a time makes it say something.
static WARNED: Mutex<()> = Mutex::const_new(());

/// A host that keeps what it compiles there.
fn host(cache: &Path) -> Host {
    Host::new(Options { cache: Some(cache.to_owned()), ..Options::default() }).unwrap()
}

/// Loads the well-behaved guest in a new host and calls it.
async fn load(cache: &Path) -> String {
    let host = host(cache);
    let connector = host.load(&guest::component("ok")).unwrap();
    expect_ok(&bind(&connector, Arc::new(Nowhere::default()))).await;
    connector.digest().to_owned()
}

fn compiled(cache: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "cwasm")).collect()
}

fn only(cache: &Path) -> PathBuf {
    let [path] = compiled(cache).try_into().unwrap();
    path
}

/// A file that was written anew is another file.
fn identity(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

#[tokio::test]
async fn the_second_host_compiles_nothing() {
    let cache = tempfile::tempdir().unwrap();
    load(cache.path()).await;
    let first = identity(&only(cache.path()));
    load(cache.path()).await;
    assert_eq!(identity(&only(cache.path())), first);
    assert_eq!(fs::metadata(cache.path()).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(only(cache.path())).unwrap().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_file_that_was_tampered_with_is_not_used() {
    let _warned = WARNED.lock().await;
    std::sync::LazyLock::force(&HOST);
    let cache = tempfile::tempdir().unwrap();
    let digest = load(cache.path()).await;
    let path = only(cache.path());
    let honest = fs::read(&path).unwrap();
    let flipped = |at: usize| {
        let mut bytes = honest.clone();
        bytes[at] ^= 1;
        bytes
    };
    let forgeries = [
        ("code", flipped(honest.len() / 2), true),
        ("last byte", flipped(honest.len() - 1), true),
        ("MAC", flipped(0), true),
        ("cut short", honest[..honest.len() / 2].to_vec(), true),
        ("MAC alone", honest[..32].to_vec(), true),
        ("too short for a MAC", honest[..10].to_vec(), false),
        ("empty", Vec::new(), false),
    ];
    for (what, forgery, is_told) in forgeries {
        fs::write(&path, &forgery).unwrap();
        let (before, told) = (identity(&path), journal::count("OFT-P019", &digest));
        load(cache.path()).await;
        assert_ne!(identity(&path), before, "{what}: it was compiled again");
        assert_ne!(fs::read(&path).unwrap(), forgery, "{what}");
        assert_eq!(journal::count("OFT-P019", &digest) > told, is_told, "{what}");
    }
}

#[tokio::test]
async fn a_file_under_another_key_is_not_used() {
    let _warned = WARNED.lock().await;
    let cache = tempfile::tempdir().unwrap();
    load(cache.path()).await;
    let path = only(cache.path());
    let before = identity(&path);
    fs::write(cache.path().join("key"), [7; 32]).unwrap();
    load(cache.path()).await;
    assert_ne!(identity(&path), before);
}

/// The file of another component is this host's own work as well, and still not this component's.
#[tokio::test]
async fn the_file_of_another_component_is_not_used() {
    let _warned = WARNED.lock().await;
    let cache = tempfile::tempdir().unwrap();
    load(cache.path()).await;
    let path = only(cache.path());
    host(cache.path()).load(&guest::component("traps")).unwrap();
    let other = compiled(cache.path()).into_iter().find(|other| *other != path).unwrap();
    fs::copy(other, &path).unwrap();
    load(cache.path()).await;
}
