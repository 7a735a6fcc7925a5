//! Are secrets found where references lead, and kept so that nobody else reads them?

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of test functions")]

use std::path::Path;
use std::sync::Arc;

use offtake_core::secret::SecretRef;
use offtake_secrets::{Error, Identity, Secrets, Store};
use secrecy::{ExposeSecret, SecretString};

fn store(folder: &Path) -> Arc<Store> {
    Arc::new(Store::at(folder.join("secrets"), Identity::at(folder.join("identity.txt"))))
}

fn reader(folder: &Path) -> Secrets {
    Secrets::new(store(folder))
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![std::fs::read(path).unwrap()] }).collect()
}

#[test]
fn references_lead_to_secrets_or_say_why_not() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "from-a-file\n").unwrap();
    std::fs::write(folder.path().join("blank"), " \n").unwrap();
    store(folder.path()).set("crm", &SecretString::from("from-the-store")).unwrap();
    let sh = |script: &str| SecretRef::Command(["sh", "-c", script].map(str::to_owned).to_vec());
    let file = |name: &str| SecretRef::File(folder.path().join(name));
    let cases = [
        (SecretRef::Env("PATH".to_owned()), Ok(std::env::var("PATH").unwrap())),
        (SecretRef::Env("OFFTAKE_TEST_NOT_SET".to_owned()), Err("OFT-A003")),
        (file("token"), Ok("from-a-file\n".to_owned())),
        (file("blank"), Err("OFT-A003")),
        (file("missing"), Err("OFT-A003")),
        (sh("echo from-a-command"), Ok("from-a-command\n".to_owned())),
        (sh("echo half; exit 3"), Err("OFT-A003")),
        (sh("true"), Err("OFT-A003")),
        (SecretRef::Command(vec!["/nowhere/at-all".to_owned()]), Err("OFT-A003")),
        (SecretRef::Stored("crm".to_owned()), Ok("from-the-store".to_owned())),
        (SecretRef::Stored("other".to_owned()), Err("OFT-A003")),
        (SecretRef::Stored("../identity".to_owned()), Err("OFT-A007")),
    ];
    for (reference, expected) in cases {
        let read = reader(folder.path()).read(&reference);
        let read = read.map(|secret| secret.expose_secret().to_owned()).map_err(|error| error.code());
        assert_eq!(read, expected.map_err(|code: &str| code), "{reference:?}");
    }
}

#[test]
fn a_program_that_fills_the_pipe_is_cut_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let flood = SecretRef::Command(["sh", "-c", "yes | head -c 1000000"].map(str::to_owned).to_vec());
    // The pipe is closed after 64 KiB, so the program ends by itself, well or not.
    let read = reader(folder.path()).read(&flood);
    assert!(read.is_err() || read.unwrap().expose_secret().len() <= 64 << 10);
}

#[test]
fn what_is_kept_is_unreadable_without_the_identity() {
    let folder = tempfile::tempdir().unwrap();
    let kept = store(folder.path());
    assert!(kept.set("crm", &SecretString::from("a-marked-secret")).unwrap(), "the first makes an identity");
    assert!(!kept.set("desk", &SecretString::from("a-marked-secret")).unwrap());
    assert_eq!(kept.list().unwrap(), ["crm", "desk"]);
    let marked = files(folder.path()).iter().filter(|bytes| String::from_utf8_lossy(bytes).contains("marked")).count();
    assert_eq!(marked, 0);
    assert!(kept.remove("desk").unwrap());
    assert!(!kept.remove("desk").unwrap());
    std::fs::remove_file(folder.path().join("identity.txt")).unwrap();
    assert!(matches!(kept.get("crm"), Err(Error::Identity { .. })));
    kept.set("desk", &SecretString::from("x")).unwrap();
    assert!(matches!(kept.get("crm"), Err(Error::Entry { .. })), "another identity does not open it");
}

#[cfg(unix)]
#[test]
fn files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let kept = store(folder.path());
    kept.set("crm", &SecretString::from("x")).unwrap();
    drop(kept.hold("0123").unwrap());
    for (file, expected) in
        [("identity.txt", 0o600), ("secrets", 0o700), ("secrets/crm.age", 0o600), ("secrets/oauth2-0123.lock", 0o600)]
    {
        let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, expected, "{file}");
    }
}

#[test]
fn an_entry_is_held_by_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let kept = store(folder.path());
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let kept = kept.clone();
            std::thread::spawn(move || {
                for _ in 0..5 {
                    let held = kept.hold("counter").unwrap();
                    let before = held.load().unwrap();
                    let count: u32 = before.map_or(0, |text| text.expose_secret().parse().unwrap());
                    held.save(&SecretString::from((count + 1).to_string())).unwrap();
                }
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    let held = kept.hold("counter").unwrap();
    assert_eq!(held.load().unwrap().unwrap().expose_secret(), "40");
    assert_eq!(kept.list().unwrap(), Vec::<String>::new(), "the host's own entries are not a person's");
}

#[test]
fn names_are_plain() {
    let folder = tempfile::tempdir().unwrap();
    let kept = store(folder.path());
    let long = "a".repeat(64);
    for (name, fits) in [
        ("crm", true),
        ("crm.prod-2_x", true),
        ("", false),
        ("Crm", false),
        ("1crm", false),
        ("a/b", false),
        ("..", false),
        ("oauth2-x", false),
        (long.as_str(), false),
    ] {
        assert_eq!(kept.set(name, &SecretString::from("x")).is_ok(), fits, "{name}");
    }
}
