//! Pulling and pushing while everything goes wrong between here and the registry.
#![cfg(feature = "registry")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use remotemedia_pkg::{ErrorKind, Meter, Pull, Stop};
use support::proxy::{Fault, Proxy, Seen};
use support::registry::Server;
use support::remote::{forget, model, noise, package, pull, push, registries};
use support::{Place, now};

const MIB: usize = 1024 * 1024;

/// A registry with a package, somebody who trusts it, and a proxy between them.
struct Scene {
    place: Place,
    proxy: Proxy,
    _server: Server,
    model: String,
}

impl Scene {
    /// The package has a model of so many bytes.
    fn new(len_bytes: usize) -> Self {
        let (place, server) = (Place::new(), Server::debian());
        let proxy = Proxy::plain(&server.address);
        let draft = package(&place, "voice", len_bytes);
        push(&place, &draft, &proxy.reference("voice"));
        proxy.seen();
        let file = draft.files().iter().find(|file| file.path.as_str().starts_with("models/")).unwrap();
        let model = file.digest.to_string();
        Self { place, proxy, _server: server, model }
    }

    /// Breaks the first `count` requests for the model.
    fn break_model(&self, count: usize, mut fault: impl FnMut(&Seen) -> Fault + Send + 'static) {
        let (model, mut left) = (self.model.clone(), count);
        self.proxy.set(move |seen| match left {
            1.. if seen.is("GET", &model) => {
                left -= 1;
                fault(seen)
            }
            _ => Fault::None,
        });
    }

    /// Breaks each request whose path has `part`.
    fn break_all(&self, part: &'static str, fault: Fault) {
        self.proxy.set(move |seen| if seen.path.contains(part) { fault.clone() } else { Fault::None });
    }

    fn pull(&self) -> remotemedia_pkg::Result<remotemedia_pkg::Pulled> {
        pull(&self.place, &self.proxy.reference("voice"))
    }

    fn refused(&self) -> (ErrorKind, String) {
        let error = self.pull().expect_err("this is refused");
        (error.kind(), error.to_string())
    }

    /// The requests for the model.
    fn model_requests(&self) -> Vec<Seen> {
        self.proxy.seen().into_iter().filter(|seen| seen.is("GET", &self.model)).collect()
    }
}

/// Tells a transfer to stop when something of it arrived.
struct StopsEarly(Stop);

impl Meter for StopsEarly {
    fn expect(&self, _: u64) {}

    fn advance(&self, _: u64) {
        self.0.tell();
    }
}

#[test]
fn a_transfer_that_is_told_to_stop_asks_for_nothing_more_and_goes_on_another_time() {
    let scene = Scene::new(8 * MIB);
    let meter = StopsEarly(Stop::default());
    let (reference, pull) = (scene.proxy.reference("voice"), Pull { refresh: false, now: now() });
    let registries = registries(&scene.place).until(meter.0.clone());
    let stopped = |pulled: Vec<remotemedia_pkg::Result<_>>| {
        let error = pulled.into_iter().next().unwrap().map(drop).expect_err("it was told to stop");
        assert_eq!(error.kind(), ErrorKind::RegistryInterrupted, "{error}");
    };
    stopped(registries.pull(std::slice::from_ref(&reference), pull, &meter));
    assert!(scene.model_requests().len() <= 1);
    stopped(registries.pull(&[reference], pull, &()));
    assert_eq!(scene.proxy.seen().len(), 0);
    assert_eq!(model(&scene.pull().unwrap()), noise("voice", 8 * MIB));
}

#[test]
fn a_transfer_that_is_cut_goes_on_where_it_ended() {
    let scene = Scene::new(8 * MIB);
    scene.break_model(3, |_| Fault::Cut(2 * MIB));
    let pulled = scene.pull().unwrap();
    assert_eq!(model(&pulled), noise("voice", 8 * MIB));
    let requests = scene.model_requests();
    let ranges: Vec<_> = requests.iter().map(|seen| seen.range.as_deref().unwrap_or("whole")).collect();
    assert_eq!(ranges.len(), 4, "{ranges:?}");
    assert_eq!(ranges[0], "whole");
    // What was on its way when the connection broke may be lost.
    let sent: usize = requests.iter().map(|seen| seen.sent_bytes).sum();
    assert!(sent <= (8 + 4) * MIB, "{sent} bytes for {} in {ranges:?}", 8 * MIB);
}

#[test]
fn a_registry_that_sends_nothing_more_is_asked_again_for_the_rest() {
    let scene = Scene::new(2 * MIB);
    scene.break_model(1, |_| Fault::Stall(MIB));
    assert_eq!(model(&scene.pull().unwrap()), noise("voice", 2 * MIB));
    assert!(scene.model_requests()[1].range.is_some());
    forget(&scene.place);
    scene.break_model(usize::MAX, |_| Fault::Stall(0));
    assert_eq!(scene.refused().0, ErrorKind::RegistryTimeout);
}

#[test]
fn a_registry_that_has_too_much_to_do_is_asked_again_later() {
    let scene = Scene::new(1000);
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    scene.proxy.set(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Fault::Answer("429 Too Many Requests\r\nRetry-After: 0".to_owned(), Vec::new()),
        1 => Fault::Answer("503 Service Unavailable".to_owned(), Vec::new()),
        _ => Fault::None,
    });
    scene.pull().unwrap();
    forget(&scene.place);
    scene.break_all("/manifests/", Fault::Answer("503 Service Unavailable".to_owned(), Vec::new()));
    scene.proxy.seen();
    let (kind, message) = scene.refused();
    assert_eq!((kind, scene.proxy.seen().len()), (ErrorKind::RegistryBusy, 5), "{message}");
    assert!(message.contains("gave up after 5 attempts") && message.contains("a file needs no registry"), "{message}");
    scene.break_all("/manifests/", Fault::Answer("429 Slow\r\nRetry-After: 3600".to_owned(), Vec::new()));
    let (kind, message) = scene.refused();
    assert_eq!((kind, scene.proxy.seen().len()), (ErrorKind::RegistryBusy, 1), "{message}");
    assert!(message.contains("asks to wait 3600 s"), "{message}");
}

#[test]
fn another_part_than_was_asked_for_is_not_taken() {
    let rewrites = [
        ("Content-Range: bytes 1", "Content-Range: bytes 2"),
        ("Content-Range: ", "X-Range: "),
        ("206 Partial Content", "200 OK"),
    ];
    for (from, to) in rewrites {
        let scene = Scene::new(2 * MIB);
        let mut calls = 0;
        scene.break_model(2, move |_| {
            calls += 1;
            if calls == 1 { Fault::Cut(MIB + MIB / 2) } else { Fault::Rewrite(from, to) }
        });
        let pulled = scene.pull();
        match to {
            // The answer states that the file has another size.
            "200 OK" => assert_eq!(pulled.unwrap_err().kind(), ErrorKind::SizeMismatch),
            _ => assert_eq!(model(&pulled.unwrap()), noise("voice", 2 * MIB), "{to}"),
        }
        let asked: Vec<_> = scene.model_requests().into_iter().map(|seen| seen.range.is_some()).collect();
        let expected: &[bool] = if to == "200 OK" { &[false, true] } else { &[false, true, false] };
        assert_eq!(asked, expected, "{to}");
    }
}

#[test]
fn other_bytes_are_refused_and_leave_nothing_that_could_be_taken_for_them() {
    let scene = Scene::new(MIB);
    scene.break_model(usize::MAX, |_| Fault::Garble);
    let (kind, message) = scene.refused();
    assert_eq!((kind, scene.model_requests().len()), (ErrorKind::DigestMismatch, 1), "{message}");
    assert!(!scene.place.path(&format!("home/cache/blobs/sha256/{}", &scene.model["sha256:".len()..])).exists());
    scene.break_model(0, |_| Fault::None);
    assert_eq!(model(&scene.pull().unwrap()), noise("voice", MIB));
}

#[test]
fn pieces_that_do_not_fit_together_are_fetched_anew_as_a_whole() {
    let scene = Scene::new(2 * MIB);
    let mut calls = 0;
    scene.break_model(2, move |_| {
        calls += 1;
        if calls == 1 { Fault::Cut(MIB) } else { Fault::Garble }
    });
    assert_eq!(model(&scene.pull().unwrap()), noise("voice", 2 * MIB));
    let ranges: Vec<_> = scene.model_requests().into_iter().map(|seen| seen.range.is_some()).collect();
    assert_eq!(ranges, [false, true, false]);
}

#[test]
fn bodies_without_end_are_cut_off() {
    let scene = Scene::new(MIB);
    scene.break_model(usize::MAX, |_| Fault::Endless);
    assert_eq!(scene.refused().0, ErrorKind::SizeMismatch);
    for part in ["/manifests/latest", "/manifests/sha256-", "/blobs/"] {
        scene.break_all(part, Fault::Endless);
        scene.proxy.seen();
        let (kind, message) = scene.refused();
        assert!([ErrorKind::DocumentSize, ErrorKind::SizeMismatch].contains(&kind), "{part}: {message}");
        let sent: usize = scene.proxy.seen().iter().map(|seen| seen.sent_bytes).sum();
        assert!(sent < 16 * MIB, "{part}: {sent} bytes");
    }
}

#[test]
fn a_manifest_that_is_cut_changed_or_huge_is_refused() {
    let scene = Scene::new(1000);
    scene.break_all("/manifests/latest", Fault::Cut(100));
    assert_eq!(scene.refused().0, ErrorKind::RegistryInterrupted);
    scene.break_all("/manifests/latest", Fault::Garble);
    assert_eq!(scene.refused().0, ErrorKind::DigestMismatch);
    let answer = |body: Vec<u8>| Fault::Answer("200 OK\r\nContent-Type: application/json".to_owned(), body);
    scene.break_all("/manifests/latest", answer(b"{\"schemaVersion\": 2".to_vec()));
    assert_eq!(scene.refused().0, ErrorKind::Document);
    scene.break_all("/manifests/latest", answer(vec![b' '; 5 * MIB]));
    assert_eq!(scene.refused().0, ErrorKind::DocumentSize);
}

#[test]
fn credentials_do_not_follow_to_another_host() {
    let scene = Scene::new(1000);
    let elsewhere = Proxy::plain(&scene.proxy.address);
    let entry = format!("{{\"registries\": {{{:?}: {{\"token\": \"secret\"}}}}}}", scene.proxy.address);
    scene.place.file("home/registries.json", entry.as_bytes());
    let (model, other) = (scene.model.clone(), elsewhere.address.clone());
    let mut asked = false;
    scene.proxy.set(move |seen| {
        if seen.authorization.is_none() && !seen.path.contains("?there") {
            return Fault::Answer("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"".to_owned(), Vec::new());
        }
        let is_first = seen.is("GET", &model) && !std::mem::replace(&mut asked, seen.is("GET", &model));
        match is_first {
            true => Fault::Answer(format!("307 There\r\nLocation: http://{other}{}?there", seen.path), Vec::new()),
            false => Fault::None,
        }
    });
    scene.pull().unwrap();
    let there = elsewhere.seen();
    assert_eq!((there.len(), there[0].authorization.as_deref()), (1, None), "{there:?}");
    let here = scene.proxy.seen();
    assert!(here.iter().any(|seen| seen.authorization.as_deref() == Some("Bearer secret")), "{here:?}");
}

#[test]
fn redirections_end_and_lead_nowhere_without_encryption() {
    let scene = Scene::new(1000);
    let to = |location: &str| Fault::Answer(format!("302 Found\r\nLocation: {location}"), Vec::new());
    scene.break_all("/manifests/latest", to("/v2/voice/manifests/latest"));
    assert_eq!(scene.refused().0, ErrorKind::RegistryAnswer);
    scene.break_all("/manifests/latest", to("http://registry.invalid/x"));
    assert_eq!(scene.refused().0, ErrorKind::RegistryInsecure);
    for nowhere in ["file:///etc/passwd", "", "http://user:word@127.0.0.1/"] {
        scene.break_all("/manifests/latest", to(nowhere));
        assert_eq!(scene.refused().0, ErrorKind::RegistryAnswer, "{nowhere}");
    }
}

#[test]
fn a_push_that_is_cut_in_a_chunk_ends_with_the_whole_package_there() {
    // Debian's registry forgets an upload that is further than its client knows; the other one says how far it is.
    // Where a part of a chunk is still on its way then, the chunk is sent twice, which the digest shows.
    let cases = [
        (Server::debian as fn() -> Server, Fault::CutRequest(3 * MIB), 4..=5),
        (Server::debian, Fault::CutRequest(0), 3..=3),
        (Server::debian, Fault::Unanswered, 4..=4),
        (Server::modern, Fault::CutRequest(3 * MIB), 4..=5),
        (Server::modern, Fault::CutRequest(0), 3..=3),
        (Server::modern, Fault::Unanswered, 2..=2),
    ];
    for (start, fault, expected) in cases {
        let (place, server, described) = (Place::new(), start(), format!("{fault:?}"));
        let mut chunks = 0;
        let proxy = Proxy::new(&server.address, move |seen| {
            chunks += usize::from(seen.method == "PATCH");
            if seen.method == "PATCH" && chunks == 2 { fault.clone() } else { Fault::None }
        });
        let draft = package(&place, "voice", 20 * MIB);
        push(&place, &draft, &proxy.reference("voice"));
        let chunks = proxy.seen().iter().filter(|seen| seen.method == "PATCH").count();
        assert!(expected.contains(&chunks), "{described}: {chunks} chunks");
        assert_eq!(model(&pull(&place, &proxy.reference("voice")).unwrap()), noise("voice", 20 * MIB));
    }
}

#[test]
fn a_push_that_the_registry_has_no_time_for_is_tried_again() {
    let (place, server) = (Place::new(), Server::debian());
    let mut calls = 0;
    let proxy = Proxy::new(&server.address, move |_| {
        calls += 1;
        match calls % 3 {
            0 => Fault::Answer("503 Service Unavailable".to_owned(), Vec::new()),
            _ => Fault::None,
        }
    });
    push(&place, &package(&place, "voice", 20 * MIB), &proxy.reference("voice"));
    proxy.set(|_| Fault::None);
    assert_eq!(model(&pull(&place, &proxy.reference("voice")).unwrap()), noise("voice", 20 * MIB));
}

#[test]
fn a_file_that_cannot_be_had_ends_the_transfer_of_the_others() {
    let (place, server) = (Place::new(), Server::debian());
    let names: Vec<String> = (0..40).map(|number| format!("{number}.onnx")).collect();
    names.iter().for_each(|name| drop(place.file(name, &noise(name, 1000))));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut draft = support::draft(&support::manifest("many", &names), place.folder.path());
    draft.sign(&place.home.signing_key("me").unwrap(), &support::provenance()).unwrap();
    push(&place, &draft, &server.reference("many").parse().unwrap());
    let files: Vec<String> = draft.files().iter().map(|file| file.digest.to_string()).collect();
    let all = files.clone();
    let proxy = Proxy::new(&server.address, move |seen| match files.iter().any(|file| seen.is("GET", file)) {
        true => Fault::Garble,
        false => Fault::None,
    });
    let error = pull(&place, &proxy.reference("many")).unwrap_err();
    let asked = proxy.seen().iter().filter(|seen| all.iter().any(|file| seen.is("GET", file))).count();
    assert_eq!(error.kind(), ErrorKind::DigestMismatch);
    assert!(asked <= 4, "{asked} files");
}
