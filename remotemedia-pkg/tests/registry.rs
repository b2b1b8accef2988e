//! Pushing to registries and pulling from them: what is asked, in which order, and what the cache spares.
#![cfg(feature = "registry")]

mod support;

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use remotemedia_pkg::{Digest, ErrorKind, Meter, Mode, Policy, Provenance, Pull, Reference, Rule, Version};
use support::proxy::{Fault, Proxy, Seen};
use support::registry::Server;
use support::remote::{forget, model, noise, opened, package, pull, push, refresh, registries};
use support::{Place, now, provenance};

fn count(seen: &[Seen], method: &str, part: &str) -> usize {
    seen.iter().filter(|seen| seen.is(method, part)).count()
}

/// A home that trusts the key of `author`.
fn friend(author: &Place) -> Place {
    let place = Place::new();
    place.home.trust_key("author", &author.home.signing_key("me").unwrap().public()).unwrap();
    place
}

#[test]
fn a_package_comes_back_from_old_and_new_registries_as_it_went() {
    for server in [Server::debian(), Server::third(), Server::modern()] {
        let (place, proxy) = (Place::new(), Proxy::plain(&server.address));
        let draft = package(&place, "voice", 100_000);
        let reference = proxy.reference("team/voice:1.0");
        push(&place, &draft, &reference);
        let mut pulled = pull(&place, &reference).unwrap();
        assert_eq!(pulled.package.package().digest(), draft.digest());
        assert_eq!(model(&pulled), noise("voice", 100_000));
        let saved = pulled.package.save(&place.path("saved"), &mut |_| {}).unwrap();
        assert_eq!(fs::read(saved).unwrap(), support::bytes(&draft));
    }
}

#[test]
fn signatures_are_listed_by_the_registry_or_else_under_a_tag() {
    for (server, tagged) in [(Server::debian(), 1), (Server::third(), 1), (Server::modern(), 0)] {
        let (place, proxy) = (Place::new(), Proxy::plain(&server.address));
        let draft = package(&place, "voice", 10);
        push(&place, &draft, &proxy.reference("voice"));
        let tag = format!("/manifests/sha256-{}", draft.digest().hex());
        assert_eq!(count(&proxy.seen(), "PUT", &tag), tagged);
        pull(&place, &proxy.reference("voice")).unwrap();
        let seen = proxy.seen();
        assert_eq!((count(&seen, "GET", "/referrers/"), count(&seen, "GET", &tag)), (1, tagged), "{seen:?}");
    }
}

#[test]
fn what_the_registry_has_is_not_uploaded_again_and_the_tag_comes_last() {
    let (place, server) = (Place::new(), Server::debian());
    let (proxy, draft) = (Proxy::plain(&server.address), package(&place, "voice", 100_000));
    assert!(push(&place, &draft, &proxy.reference("voice:1")) > 100_000);
    let puts: Vec<String> =
        proxy.seen().into_iter().filter(|seen| seen.is("PUT", "/manifests/")).map(|seen| seen.path).collect();
    assert!(
        puts[0].ends_with(&draft.digest().to_string()) && puts.last().unwrap().ends_with("/manifests/1"),
        "{puts:?}"
    );
    assert_eq!(push(&place, &draft, &proxy.reference("voice:2")), 0);
    let seen = proxy.seen();
    assert_eq!((count(&seen, "POST", ""), count(&seen, "PUT", "/manifests/")), (0, 3), "{seen:?}");
}

#[test]
fn a_tag_that_is_pushed_again_moves_and_a_refresh_sees_it() {
    let (place, server) = (Place::new(), Server::debian());
    let reference: Reference = server.reference("voice").parse().unwrap();
    let (first, second) = (package(&place, "first", 10), package(&place, "second", 10));
    push(&place, &first, &reference);
    assert_eq!(pull(&place, &reference).unwrap().package.package().digest(), first.digest());
    push(&place, &second, &reference);
    let known = pull(&place, &reference).unwrap();
    assert_eq!((known.package.package().digest(), known.was_known), (first.digest(), true));
    let fresh = refresh(&place, &reference).unwrap();
    assert_eq!((fresh.package.package().digest(), fresh.was_known), (second.digest(), false));
    let pinned: Reference = format!("{}@{}", reference.place(), first.digest()).parse().unwrap();
    forget(&place);
    assert_eq!(pull(&place, &pinned).unwrap().package.package().digest(), first.digest());
    let error = registries(&place).push(&mut opened(&second), &pinned, &()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NameMismatch);
    assert!(matches!(pinned.version(), Version::Digest(_)));
}

#[test]
fn a_tag_does_not_go_back_to_a_package_that_was_built_before() {
    let (place, server) = (Place::new(), Server::debian());
    let reference: Reference = server.reference("voice").parse().unwrap();
    let built = |name: &str, seconds: u64| {
        let mut draft = package(&place, name, 10);
        let provenance = Provenance { built_at: now() + Duration::from_secs(seconds), ..provenance() };
        draft.sign(&place.home.signing_key("me").unwrap(), &provenance).unwrap();
        draft
    };
    let (old, new) = (built("old", 0), built("new", 60));
    push(&place, &new, &reference);
    pull(&place, &reference).unwrap();
    push(&place, &old, &reference);
    let error = refresh(&place, &reference).unwrap_err();
    let pinned = format!("{}@{}", reference.place(), old.digest());
    assert_eq!(error.kind(), ErrorKind::Rollback);
    assert!(error.message().contains(&pinned), "{error}");
    assert_eq!(pull(&place, &reference).unwrap().package.package().digest(), new.digest());
    assert_eq!(pull(&place, &pinned.parse().unwrap()).unwrap().package.package().digest(), old.digest());
    // A newer one that nobody trusts any more is no reason to refuse an older one.
    let mut revoked = place.home.revoked().unwrap();
    revoked.packages.insert(new.digest().to_string(), "it hears too much".to_owned());
    place.home.set_revoked(&revoked).unwrap();
    assert_eq!(refresh(&place, &reference).unwrap().package.package().digest(), old.digest());
}

#[test]
fn nobody_is_asked_for_what_is_known_unless_a_file_of_it_is_damaged() {
    let (place, server) = (Place::new(), Server::modern());
    let (proxy, draft) = (Proxy::plain(&server.address), package(&place, "voice", 1000));
    let reference = proxy.reference("voice");
    push(&place, &draft, &reference);
    pull(&place, &reference).unwrap();
    proxy.seen();
    let pinned: Reference = format!("{}@{}", reference.place(), draft.digest()).parse().unwrap();
    for known in [&reference, &pinned] {
        assert!(pull(&place, known).unwrap().was_known);
        assert!(proxy.seen().is_empty(), "{known}");
    }
    let view = place.path(&format!("home/cache/pipelines/{}", draft.digest().hex()));
    fs::remove_file(view.join("models/voice.onnx")).unwrap();
    fs::write(view.join("models/voice.onnx"), "spoiled").unwrap();
    assert_eq!(model(&pull(&place, &reference).unwrap()), noise("voice", 1000));
    assert!(proxy.seen().is_empty(), "the blob is still there");
    for file in fs::read_dir(place.path("home/cache/blobs/sha256")).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    fs::remove_dir_all(view.join("models")).unwrap();
    assert_eq!(model(&pull(&place, &reference).unwrap()), noise("voice", 1000));
    assert_eq!(count(&proxy.seen(), "GET", "/blobs/"), 1, "the list of node types is here under its name");
    fs::remove_file(view.join("oci/index.json")).unwrap();
    assert!(!pull(&place, &reference).unwrap().was_known);
    place.home.cache().clear().unwrap();
    assert!(!pull(&place, &reference).unwrap().was_known);
}

#[test]
fn files_are_fetched_only_after_the_signature_and_the_policy_are_minded() {
    let (author, server) = (Place::new(), Server::debian());
    let (proxy, draft) = (Proxy::plain(&server.address), package(&author, "voice", 1000));
    let reference = proxy.reference("team/voice");
    push(&author, &draft, &reference);
    proxy.seen();
    let refused = |user: &Place| {
        let error = pull(user, &reference).unwrap_err();
        let seen = proxy.seen();
        let fetched = draft.files().iter().filter(|file| count(&seen, "GET", &file.digest.to_string()) > 0).count();
        let left = support::tree(&user.path("home/cache"));
        assert!(left.iter().all(|path| !path.contains(&draft.digest().hex())), "{left:?}");
        (error.kind(), fetched)
    };
    assert_eq!(refused(&Place::new()), (ErrorKind::UntrustedKey, 0));
    let user = friend(&author);
    let rule = |mode, scope: &str| Policy {
        rules: vec![Rule { scope: scope.to_owned(), identities: ["https://ci.example".to_owned()].into(), mode }],
    };
    user.home.set_policy(&rule(Mode::Enforce, &format!("oci://{}/team", proxy.address))).unwrap();
    assert_eq!(refused(&user), (ErrorKind::Policy, 0));
    user.home.set_policy(&rule(Mode::Enforce, &format!("oci://{}/other", proxy.address))).unwrap();
    assert!(pull(&user, &reference).unwrap().package.signer().is_some());
    user.home.set_policy(&rule(Mode::Warn, &format!("oci://{}/team", proxy.address))).unwrap();
    assert!(pull(&user, &reference).unwrap().package.warning().is_some());
}

#[test]
fn a_package_without_a_signature_needs_a_policy_that_lets_it_through() {
    let (place, server) = (Place::new(), Server::modern());
    let reference: Reference = server.reference("voice").parse().unwrap();
    push(&place, &place.draft(), &reference);
    assert_eq!(pull(&place, &reference).unwrap_err().kind(), ErrorKind::Unsigned);
    let rule = Rule { scope: "*".to_owned(), identities: Default::default(), mode: Mode::Warn };
    place.home.set_policy(&Policy { rules: vec![rule] }).unwrap();
    assert_eq!(model(&pull(&place, &reference).unwrap()), b"the weights");
}

#[test]
fn of_several_signatures_one_that_is_good_is_enough() {
    for server in [Server::debian(), Server::third(), Server::modern()] {
        let (stranger, author) = (Place::new(), Place::new());
        let reference: Reference = server.reference("voice").parse().unwrap();
        for place in [&stranger, &author, &stranger] {
            push(place, &place.signed(), &reference);
        }
        let pulled = pull(&friend(&author), &reference).unwrap();
        assert_eq!(pulled.package.signer().unwrap().name, "author");
        let error = pull(&Place::new(), &reference).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UntrustedKey);
    }
}

#[test]
fn a_package_that_is_no_longer_trusted_is_looked_for_with_a_newer_signature() {
    let (first, second, server) = (Place::new(), Place::new(), Server::debian());
    let reference: Reference = server.reference("voice").parse().unwrap();
    push(&first, &first.signed(), &reference);
    let user = friend(&first);
    user.home.trust_key("second", &second.home.signing_key("me").unwrap().public()).unwrap();
    pull(&user, &reference).unwrap();
    let mut revoked = user.home.revoked().unwrap();
    let id = first.home.signing_key("me").unwrap().public().id().to_string();
    revoked.keys.insert(id, "lost".to_owned());
    user.home.set_revoked(&revoked).unwrap();
    assert_eq!(pull(&user, &reference).unwrap_err().kind(), ErrorKind::Revoked);
    push(&second, &second.signed(), &reference);
    assert_eq!(pull(&user, &reference).unwrap().package.signer().unwrap().name, "second");
    drop(server);
    let known = pull(&user, &reference).unwrap();
    assert_eq!((known.package.signer().unwrap().name.as_str(), known.was_known), ("second", true));
}

#[test]
fn packages_that_are_pulled_together_wait_together() {
    let (place, server) = (Place::new(), Server::debian());
    let references: Vec<Reference> = (0..8)
        .map(|number| {
            let reference = server.reference(&format!("voice:{number}")).parse().unwrap();
            push(&place, &package(&place, &format!("model{number}"), 1000), &reference);
            reference
        })
        .collect();
    let proxy = Proxy::new(&server.address, |_| Fault::Together(8));
    let here = |reference: &Reference| match reference.version() {
        Version::Tag(tag) => proxy.reference(&format!("voice:{tag}")),
        Version::Digest(_) => unreachable!("they have tags"),
    };
    let references: Vec<Reference> = references.iter().map(here).collect();
    let pulled = registries(&place).pull(&references, Pull { refresh: false, now: now() }, &());
    for (number, pulled) in pulled.into_iter().enumerate() {
        assert_eq!(model(&pulled.unwrap()), noise(&format!("model{number}"), 1000));
    }
    assert!(proxy.most() >= 8, "only {} requests at once", proxy.most());
    assert!(proxy.most() <= 32, "{} requests at once", proxy.most());
}

#[test]
fn the_files_of_a_package_come_side_by_side() {
    let (place, server) = (Place::new(), Server::debian());
    let names = ["a.onnx", "b.onnx", "c.onnx", "d.onnx"];
    names.iter().for_each(|name| drop(place.file(name, &noise(name, 1000))));
    let mut draft = support::draft(&support::manifest("voices", &names), place.folder.path());
    draft.sign(&place.home.signing_key("me").unwrap(), &provenance()).unwrap();
    push(&place, &draft, &server.reference("voices").parse().unwrap());
    let files: Vec<String> = draft.files().iter().map(|file| file.digest.to_string()).collect();
    let proxy = Proxy::new(&server.address, move |seen| match files.iter().any(|file| seen.is("GET", file)) {
        true => Fault::Together(4),
        false => Fault::None,
    });
    pull(&place, &proxy.reference("voices")).unwrap();
    // The proxy may count the next request before it has seen the end of the one before.
    assert!(proxy.most() >= 4, "only {} requests at once", proxy.most());
}

#[test]
fn one_that_is_missing_does_not_keep_the_others() {
    let (place, server) = (Place::new(), Server::debian());
    let good: Reference = server.reference("voice").parse().unwrap();
    push(&place, &place.signed(), &good);
    let missing: Reference = server.reference("voice:missing").parse().unwrap();
    let pulled = registries(&place).pull(&[missing, good], Pull { refresh: false, now: now() }, &());
    let kinds: Vec<_> = pulled.iter().map(|pulled| pulled.as_ref().err().map(|error| error.kind())).collect();
    assert_eq!(kinds, [Some(ErrorKind::RegistryUnknown), None]);
}

#[test]
fn where_nobody_can_be_asked_the_error_names_what_is_here() {
    let (place, server) = (Place::new(), Server::debian());
    let reference = |tag: &str| server.reference(&format!("voice:{tag}")).parse::<Reference>().unwrap();
    push(&place, &place.signed(), &reference("1"));
    pull(&place, &reference("1")).unwrap();
    let (first, second) = (reference("1"), reference("2"));
    drop(server);
    let error = refresh(&place, &first).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RegistryUnreachable);
    assert!(
        error.message().ends_with("the version of 2027-01-15T08:00:00Z, which is used without --refresh"),
        "{error}"
    );
    let error = pull(&place, &second).unwrap_err();
    assert!(error.message().contains(&format!("the cache has {first} of 2027-01-15T08:00:00Z")), "{error}");
}

#[test]
fn packages_that_say_they_are_too_large_are_not_fetched() {
    let (place, server) = (Place::new(), Server::debian());
    let (proxy, draft) = (Proxy::plain(&server.address), package(&place, "voice", 1000));
    push(&place, &draft, &proxy.reference("voice"));
    proxy.seen();
    let mut settings = remotemedia_pkg::Settings::of(&place.home).unwrap();
    settings.most_bytes = 900;
    let strict = remotemedia_pkg::Registries::with(&place.home, settings);
    let error =
        strict.pull(&[proxy.reference("voice")], Pull { refresh: false, now: now() }, &()).remove(0).unwrap_err();
    assert_eq!((error.kind(), proxy.seen().len()), (ErrorKind::PackageSize, 1));
}

#[test]
fn large_files_go_in_chunks_to_old_and_new_registries() {
    for server in [Server::debian(), Server::third(), Server::modern()] {
        let (place, proxy) = (Place::new(), Proxy::plain(&server.address));
        let len_bytes = 33 * 1024 * 1024;
        push(&place, &package(&place, "large", len_bytes), &proxy.reference("large"));
        assert_eq!(count(&proxy.seen(), "PATCH", "/blobs/uploads/"), 3);
        assert_eq!(model(&pull(&place, &proxy.reference("large")).unwrap()), noise("large", len_bytes));
    }
}

#[test]
fn a_signature_that_somebody_broke_is_no_hindrance_beside_a_good_one() {
    let (place, server) = (Place::new(), Server::debian());
    let (proxy, mut draft) = (Proxy::plain(&server.address), place.draft());
    for _ in 0..2 {
        draft.sign(&place.home.signing_key("me").unwrap(), &provenance()).unwrap();
        push(&place, &draft, &proxy.reference("voice"));
    }
    let mut broken = false;
    proxy.set(move |seen| {
        // The first signature that is asked for; its digest is that of no package.
        let is_signature = seen.is("GET", "/manifests/sha256:");
        if is_signature && !std::mem::replace(&mut broken, true) { Fault::Garble } else { Fault::None }
    });
    pull(&place, &proxy.reference("voice")).unwrap();
}

/// The digest of a package's model.
fn model_digest(draft: &remotemedia_pkg::Draft) -> Digest {
    draft.files().iter().find(|file| file.path.as_str().starts_with("models/")).unwrap().digest
}

#[test]
fn what_a_killed_process_left_is_gone_on_with_if_it_is_the_beginning() {
    let (place, server) = (Place::new(), Server::debian());
    let (proxy, draft) = (Proxy::plain(&server.address), package(&place, "voice", 100_000));
    push(&place, &draft, &proxy.reference("voice"));
    let partial = format!("home/cache/blobs/sha256/{}.partial", model_digest(&draft).hex());
    let whole = noise("voice", 100_000);
    let cases: [(&[u8], &[Option<&str>]); 5] = [
        (&whole[..60_000], &[Some("bytes=60000-")]),
        (&whole, &[]),
        (b"", &[None]),
        (b"of something else", &[Some("bytes=17-"), None]),
        (&[&whole[..], b"and more"].concat(), &[None]),
    ];
    for (left, ranges) in cases {
        let _gone = fs::remove_dir_all(place.path("home/cache"));
        place.file(&partial, left);
        proxy.seen();
        assert_eq!(model(&pull(&place, &proxy.reference("voice")).unwrap()), whole);
        let seen = proxy.seen();
        let asked = seen.iter().filter(|seen| seen.is("GET", &model_digest(&draft).to_string()));
        assert_eq!(asked.map(|seen| seen.range.as_deref()).collect::<Vec<_>>(), ranges, "{} bytes", left.len());
        assert!(!place.path(&partial).exists());
    }
}

#[test]
fn who_pulls_the_same_at_the_same_time_fetches_each_file_once() {
    let (place, server) = (Place::new(), Server::debian());
    let draft = package(&place, "voice", 100_000);
    push(&place, &draft, &server.reference("voice").parse().unwrap());
    let model = model_digest(&draft).to_string();
    let late = model.clone();
    let proxy = Proxy::new(&server.address, move |seen| match seen.is("GET", &late) {
        true => Fault::Late(Duration::from_millis(50)),
        false => Fault::None,
    });
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..4).map(|_| scope.spawn(|| pull(&place, &proxy.reference("voice")).unwrap())).collect();
        pulls
            .into_iter()
            .for_each(|pulled| assert_eq!(support::remote::model(&pulled.join().unwrap()), noise("voice", 100_000)));
    });
    assert_eq!(count(&proxy.seen(), "GET", &model), 1);
}

#[test]
fn how_far_it_is_is_told_to_the_last_byte() {
    #[derive(Default)]
    struct Count(AtomicU64, AtomicU64);
    impl Meter for Count {
        fn expect(&self, len_bytes: u64) {
            self.0.fetch_add(len_bytes, Ordering::SeqCst);
        }
        fn advance(&self, len_bytes: u64) {
            self.1.fetch_add(len_bytes, Ordering::SeqCst);
        }
    }
    let (place, server) = (Place::new(), Server::debian());
    let draft = package(&place, "voice", 3_000_000);
    let model = model_digest(&draft).to_string();
    let mut calls = 0;
    let proxy = Proxy::new(&server.address, move |seen| {
        calls += usize::from(seen.is("GET", &model));
        match calls {
            1 if seen.is("GET", &model) => Fault::Cut(1_000_000),
            // The second answer is another part, which is thrown away.
            2 if seen.is("GET", &model) => Fault::Rewrite("Content-Range: bytes 1", "Content-Range: bytes 2"),
            _ => Fault::None,
        }
    });
    let (up, down) = (Count::default(), Count::default());
    registries(&place).push(&mut opened(&draft), &proxy.reference("voice"), &up).unwrap();
    let pull = Pull { refresh: false, now: now() };
    registries(&place).pull(&[proxy.reference("voice")], pull, &down).remove(0).unwrap();
    for Count(expected, done) in [up, down] {
        assert_eq!(expected.into_inner(), done.into_inner());
    }
}
