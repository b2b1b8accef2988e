//! Registries that want to know who asks, and connections that must be encrypted.
#![cfg(feature = "registry")]

mod support;

use std::collections::HashMap;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use remotemedia_pkg::{ErrorKind, Reference};
use serde_json::json;
use support::Place;
use support::issuer::{Asked, Issuer};
use support::proxy::{Fault, Proxy};
use support::registry::{ALICE, Server};
use support::remote::{opened, pull, push, registries};

/// The registries of others that know users: those of Debian and of OCI.
const GUARDED: [fn(&str, &str) -> Server; 2] = [Server::debian_with, Server::third_with];

/// Writes what the user says of a registry.
fn say(place: &Place, registry: &str, entry: serde_json::Value) {
    let file = json!({"registries": {registry: entry}}).to_string();
    place.file("home/registries.json", file.as_bytes());
}

fn alice() -> serde_json::Value {
    json!({"username": "alice", "password": "secret"})
}

/// What is wrong with pushing to a registry.
fn refused(place: &Place, reference: &Reference) -> (ErrorKind, String) {
    let error = registries(place).push(&mut opened(&place.signed()), reference, &()).unwrap_err();
    (error.kind(), error.message().to_owned())
}

#[test]
fn a_name_and_a_password_are_given_to_who_asks_for_them() {
    for serve in GUARDED {
        let place = Place::new();
        let users = place.file("users", ALICE.as_bytes());
        let auth = format!("auth:\n  htpasswd: {{realm: tests, path: {}}}", users.display());
        let server = serve("", &auth);
        let reference: Reference = server.reference("voice").parse().unwrap();
        let (kind, message) = refused(&place, &reference);
        assert!(kind == ErrorKind::RegistryLogin && message.contains("there are no credentials for it"), "{message}");
        say(&place, &server.address, json!({"username": "alice", "password": "guess"}));
        let (kind, message) = refused(&place, &reference);
        assert!(
            kind == ErrorKind::RegistryLogin && message.contains("the credentials of registries.json"),
            "{message}"
        );
        say(&place, &server.address, alice());
        push(&place, &place.signed(), &reference);
        pull(&place, &reference).unwrap();
    }
}

#[test]
fn tokens_come_from_the_service_that_the_registry_names() {
    for serve in GUARDED {
        let place = Place::new();
        let issuer = Issuer::start("alice", "secret");
        let certificate = place.file("issuer.pem", issuer.certificate.as_bytes());
        let server = serve("", &issuer.settings(certificate.to_str().unwrap()));
        let proxy = Proxy::plain(&server.address);
        let reference = proxy.reference("team/voice");
        // The service lets those whom it does not know pull alone.
        assert_eq!(refused(&place, &reference).0, ErrorKind::RegistryLogin);
        say(&place, &proxy.address, json!({"username": "alice", "password": "guess"}));
        let (kind, message) = refused(&place, &reference);
        assert!(kind == ErrorKind::RegistryLogin && message.contains("does not take the credentials"), "{message}");
        say(&place, &proxy.address, json!({"username": "reader", "password": "secret"}));
        assert_eq!(refused(&place, &reference).0, ErrorKind::RegistryDenied);
        say(&place, &proxy.address, alice());
        issuer.asked.lock().unwrap().clear();
        proxy.seen();
        push(&place, &place.signed(), &reference);
        let asked = std::mem::take(&mut *issuer.asked.lock().unwrap());
        assert_eq!((asked.len(), asked[0].scope.as_str()), (1, "repository:team/voice:pull,push"), "{asked:?}");
        let seen = proxy.seen();
        assert!(
            seen.iter().skip(1).all(|seen| seen.authorization.as_ref().is_some_and(|it| it.starts_with("Bearer ")))
        );
        std::fs::remove_file(place.path("home/registries.json")).unwrap();
        pull(&place, &reference).unwrap();
        let asked = std::mem::take(&mut *issuer.asked.lock().unwrap());
        assert_eq!(asked, [Asked { scope: "repository:team/voice:pull".to_owned(), authorization: None }]);
    }
}

#[test]
fn a_token_that_expired_is_asked_for_anew() {
    let place = Place::new();
    let issuer = Issuer::start("alice", "secret");
    let certificate = place.file("issuer.pem", issuer.certificate.as_bytes());
    let server = Server::debian_with("", &issuer.settings(certificate.to_str().unwrap()));
    let mut uses: HashMap<String, usize> = HashMap::new();
    let realm = format!("http://{}/token", issuer.address);
    let challenge = format!("401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"{realm}\",service=\"the registry\"");
    // Each token is good for five calls.
    let proxy = Proxy::new(&server.address, move |seen| {
        let uses = uses.entry(seen.authorization.clone().unwrap_or_default()).or_default();
        *uses += 1;
        if *uses > 5 { Fault::Answer(challenge.clone(), Vec::new()) } else { Fault::None }
    });
    say(&place, &proxy.address, alice());
    push(&place, &place.signed(), &proxy.reference("voice"));
    assert!(issuer.asked.lock().unwrap().len() > 1);
}

#[test]
fn passwords_are_not_given_to_a_service_without_encryption() {
    let (place, server) = (Place::new(), Server::debian());
    let challenge = "401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://registry.invalid/token\"";
    let proxy = Proxy::new(&server.address, move |_| Fault::Answer(challenge.to_owned(), Vec::new()));
    say(&place, &proxy.address, alice());
    assert_eq!(refused(&place, &proxy.reference("voice")).0, ErrorKind::RegistryInsecure);
}

#[test]
fn certificates_must_come_from_an_authority_of_the_system_or_of_the_user() {
    for serve in GUARDED {
        let place = Place::new();
        let (authority, http) = certified(&place);
        let server = serve(&http, "");
        let reference: Reference = server.reference("voice").parse().unwrap();
        // Without a word of the user a registry on this machine speaks plain HTTP, which this one does not.
        assert_eq!(refused(&place, &reference).0, ErrorKind::RegistryRefused);
        let stranger = certified(&Place::new()).0;
        let other = place.file("other.pem", stranger.as_bytes());
        say(&place, &server.address, json!({"ca_file": other}));
        let (kind, message) = refused(&place, &reference);
        assert!(kind == ErrorKind::RegistryTls && message.contains("\"ca_file\" in registries.json"), "{message}");
        say(&place, &server.address, json!({"ca_file": place.file("ca.pem", authority.as_bytes())}));
        push(&place, &place.signed(), &reference);
        pull(&place, &reference).unwrap();
        say(&place, &server.address, json!({"ca_file": place.file("empty.pem", b"")}));
        assert_eq!(refused(&place, &reference).0, ErrorKind::RegistrySettings);
    }
}

#[test]
fn an_authority_that_is_named_for_one_registry_vouches_for_no_other() {
    let (place, stranger) = (Place::new(), Place::new());
    let ((authority, http), (other, other_http)) = (certified(&place), certified(&stranger));
    let (own, foreign) = (Server::debian_with(&http, ""), Server::debian_with(&other_http, ""));
    let (ca, other_ca) = (place.file("ca.pem", authority.as_bytes()), place.file("other.pem", other.as_bytes()));
    let file =
        json!({"registries": {&own.address: {"ca_file": other_ca}, &foreign.address: {"ca_file": ca}}}).to_string();
    place.file("home/registries.json", file.as_bytes());
    let reference: Reference = own.reference("voice").parse().unwrap();
    assert_eq!(refused(&place, &reference).0, ErrorKind::RegistryTls);
}

#[test]
fn an_encrypted_registry_does_not_lead_to_one_that_is_not() {
    let place = Place::new();
    let (authority, http) = certified(&place);
    let plain = Server::debian();
    let other = "  headers: {X-None: [none]}".to_owned();
    // Debian's registry leads to the host that it is told: uploads go on without encryption.
    let host = format!("{http}\n  host: http://{}\n{other}", plain.address);
    let server = Server::debian_with(&host, "");
    say(&place, &server.address, json!({"ca_file": place.file("ca.pem", authority.as_bytes())}));
    let reference: Reference = server.reference("voice").parse().unwrap();
    assert_eq!(refused(&place, &reference).0, ErrorKind::RegistryInsecure);
}

/// An authority, and the settings of a registry with a certificate of it.
fn certified(place: &Place) -> (String, String) {
    let key = || KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "tests");
    let authority = CertifiedIssuer::self_signed(params, key()).unwrap();
    let server_key = key();
    let server =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&server_key, &authority).unwrap();
    let certificate = place.file("server.pem", server.pem().as_bytes());
    let key = place.file("server.key", server_key.serialize_pem().as_bytes());
    let tls = format!("  tls: {{certificate: {}, key: {}}}", certificate.display(), key.display());
    (authority.pem(), tls)
}
