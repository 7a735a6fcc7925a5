//! A cache folder that somebody else has prepared: it is not used, or nothing in it is.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::{WARNED, compiled, host, identity, load, only};
use crate::support::way_out::Nowhere;
use crate::support::{bind, expect_ok, guest};

/// Nobody.
const OTHER_USER: u32 = 65_534;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn open_to(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[tokio::test]
async fn a_folder_that_is_a_link_or_another_users_is_not_used() {
    let _warned = WARNED.lock().await;
    let place = tempfile::tempdir().unwrap();
    let theirs = place.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    let link = place.path().join("link");
    symlink(&theirs, &link).unwrap();
    let file = place.path().join("file");
    fs::write(&file, "no folder").unwrap();
    // Only the superuser can make a folder another's; for everybody else there is one.
    let others = if is_root() {
        let others = place.path().join("others");
        fs::create_dir(&others).unwrap();
        chown(&others, Some(OTHER_USER), None).unwrap();
        others
    } else {
        PathBuf::from("/usr")
    };
    for folder in [link, file, others.clone()] {
        load(&folder).await;
    }
    assert!(compiled(&theirs).is_empty());
    assert!(!others.join("key").exists());
}

#[tokio::test]
async fn what_was_planted_in_an_open_folder_is_not_used() {
    let _warned = WARNED.lock().await;
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    load(&cache).await;
    // Somebody may have read the key meanwhile, and written a file under it.
    for open in [0o777, 0o750, 0o701] {
        let (key, before) = (fs::read(cache.join("key")).unwrap(), identity(&only(&cache)));
        open_to(&cache, open);
        load(&cache).await;
        assert_eq!(mode(&cache), 0o700, "{open:o}");
        assert_ne!(fs::read(cache.join("key")).unwrap(), key, "{open:o}");
        assert_ne!(identity(&only(&cache)), before, "{open:o}");
    }
}

#[tokio::test]
async fn a_key_that_others_may_know_is_replaced() {
    let _warned = WARNED.lock().await;
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    load(&cache).await;
    let (key, elsewhere) = (cache.join("key"), place.path().join("elsewhere"));
    fs::write(&elsewhere, [7; 32]).unwrap();
    open_to(&elsewhere, 0o600);
    type Spoil = Box<dyn Fn()>;
    let (path, target) = (key.clone(), elsewhere.clone());
    let mut spoils: Vec<(&str, Spoil)> = vec![
        ("readable", Box::new(move || open_to(&path, 0o644))),
        (
            "short",
            Box::new({
                let path = key.clone();
                move || fs::write(&path, [7; 31]).unwrap()
            }),
        ),
        (
            "long",
            Box::new({
                let path = key.clone();
                move || fs::write(&path, [7; 33]).unwrap()
            }),
        ),
        (
            "empty",
            Box::new({
                let path = key.clone();
                move || fs::write(&path, []).unwrap()
            }),
        ),
        (
            "a link",
            Box::new({
                let path = key.clone();
                move || {
                    fs::remove_file(&path).unwrap();
                    symlink(&target, &path).unwrap();
                }
            }),
        ),
    ];
    if is_root() {
        let path = key.clone();
        spoils.push(("another user's", Box::new(move || chown(&path, Some(OTHER_USER), None).unwrap())));
    }
    for (what, spoil) in spoils {
        let before = identity(&only(&cache));
        spoil();
        let spoilt = fs::read(&key).unwrap();
        load(&cache).await;
        let found = fs::symlink_metadata(&key).unwrap();
        assert!(found.is_file() && found.uid() == rustix::process::geteuid().as_raw(), "{what}");
        assert_eq!((mode(&key), found.len()), (0o600, 32), "{what}");
        assert_ne!(fs::read(&key).unwrap(), spoilt, "{what}");
        assert_ne!(identity(&only(&cache)), before, "{what}: compiled again under the new key");
    }
    assert_eq!(fs::read(&elsewhere).unwrap(), [7; 32], "what the link led to is left alone");
}

#[tokio::test]
async fn a_file_that_others_may_write_is_not_used() {
    let _warned = WARNED.lock().await;
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    load(&cache).await;
    let path = only(&cache);
    let elsewhere = place.path().join("elsewhere");
    fs::copy(&path, &elsewhere).unwrap();
    let mut cases = vec!["a link", "open", "a pipe", "a folder"];
    if is_root() {
        cases.push("another user's");
    }
    for what in cases {
        match what {
            "a link" => {
                fs::remove_file(&path).unwrap();
                symlink(&elsewhere, &path).unwrap();
            }
            "open" => open_to(&path, 0o660),
            "a pipe" => {
                fs::remove_file(&path).unwrap();
                assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            }
            "a folder" => {
                fs::remove_file(&path).unwrap();
                fs::create_dir(&path).unwrap();
            }
            _ => chown(&path, Some(OTHER_USER), None).unwrap(),
        }
        let before = fs::symlink_metadata(&path).unwrap().ino();
        load(&cache).await;
        if what == "a folder" {
            // Nothing takes its place until it is gone.
            assert!(path.is_dir());
            fs::remove_dir(&path).unwrap();
            load(&cache).await;
        } else {
            assert_ne!(identity(&path), before, "{what}: it is written anew");
        }
        assert!(fs::symlink_metadata(&path).unwrap().is_file() && mode(&path) == 0o600, "{what}");
    }
}

/// Hosts that start together agree on a key, and none sees half a file of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_that_start_together_share_the_folder() {
    let _warned = WARNED.lock().await;
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    let ok = guest::component("ok");
    let started: Vec<_> = (0..6)
        .map(|_| {
            let (cache, ok) = (cache.clone(), ok.clone());
            std::thread::spawn(move || host(&cache).load(&ok).unwrap())
        })
        .collect();
    for started in started {
        expect_ok(&bind(&started.join().unwrap(), Arc::new(Nowhere::default()))).await;
    }
    let before = identity(&only(&cache));
    load(&cache).await;
    assert_eq!(identity(&only(&cache)), before, "the key of all of them is the one on disk");
    let names = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with(".tmp")).count(), 0);
}
