//! Signatures: who is believed, and a kind of error for each way in which a package is not.

mod support;

use std::io::Cursor;
use std::time::{Duration, SystemTime};

use rcgen::{ExtendedKeyUsagePurpose, KeyPair};
use remotemedia_pkg::{Authentic, Digest, Error, ErrorKind, Mode, NamedKey, Package, Policy, Result, Rule, SigningKey};
use serde_json::{Value, json};
use support::archive::{Parts, archive};
use support::signature::{Chain, Forge, IDENTITY, by_certificate, by_key, key, public};
use support::{Place, bytes, now, provenance};

type Opened = Authentic<Cursor<Vec<u8>>>;

/// Verifies a package as one that lies in the folder `/srv`.
fn authenticate_at(place: &Place, package: Vec<u8>, now: SystemTime) -> Result<Opened> {
    Package::open(Cursor::new(package))?.authenticate(&place.home.trust()?, "file:///srv/voice.rmpkg", now)
}

fn authenticate(place: &Place, package: Vec<u8>) -> Result<Opened> {
    authenticate_at(place, package, now())
}

/// A package with these bundles.
fn package(bundles: &[Vec<u8>]) -> Vec<u8> {
    let signatures = bundles.iter().map(|bundle| (bundle.clone(), None)).collect();
    archive(&Parts { signatures, ..Parts::new() }.entries())
}

/// The package that [`package`] makes.
fn digest() -> Digest {
    Parts::new().digest()
}

/// A place where `key` is trusted under the name `builder`.
fn trusting(key: &KeyPair) -> Place {
    let place = Place::new();
    place.home.trust_key("builder", &public(key)).unwrap();
    place
}

fn refused(place: &Place, package: Vec<u8>) -> Error {
    authenticate(place, package).unwrap_err()
}

fn policy(place: &Place, identities: &[&str], mode: Mode) {
    let identities = identities.iter().map(|identity| (*identity).to_owned()).collect();
    let rule = Rule { scope: "file:///srv".to_owned(), identities, mode };
    place.home.set_policy(&Policy { rules: vec![rule] }).unwrap();
}

#[test]
fn a_package_of_ones_own_is_believed_and_known_as_such() {
    let place = Place::new();
    let package = authenticate(&place, bytes(&place.signed())).unwrap();
    let signer = package.signer().unwrap();
    assert_eq!((signer.name.as_str(), signer.is_own, package.is_own()), ("me", true, true));
    let provenance = signer.provenance.as_ref().unwrap();
    assert_eq!(provenance["buildDefinition"]["resolvedDependencies"][0]["name"], "voice.json");
}

#[test]
fn a_package_of_a_trusted_key_is_believed_and_not_taken_for_ones_own() {
    let key = key();
    let place = trusting(&key);
    let package = authenticate(&place, package(&[Forge::new(digest(), by_key(&key)).bytes(&key)])).unwrap();
    let signer = package.signer().unwrap();
    assert_eq!((signer.name.as_str(), signer.is_own, package.is_own()), ("builder", false, false));
}

#[test]
fn an_unsigned_package_is_told_as_such() {
    let place = Place::new();
    assert_eq!(refused(&place, bytes(&place.draft())).kind(), ErrorKind::Unsigned);
}

#[test]
fn an_unknown_key_is_told_with_its_id_and_what_to_do() {
    let key = key();
    let error = refused(&Place::new(), package(&[Forge::new(digest(), by_key(&key)).bytes(&key)]));
    assert_eq!(error.kind(), ErrorKind::UntrustedKey);
    assert!(error.message().contains(&public(&key).id().to_string()), "{error}");
    assert!(error.message().contains("trust add"), "{error}");
}

#[test]
fn a_signature_by_another_key_than_it_names_is_bad() {
    let (trusted, other) = (key(), key());
    let forged = Forge::new(digest(), by_key(&trusted)).bytes(&other);
    assert_eq!(refused(&trusting(&trusted), package(&[forged])).kind(), ErrorKind::BadSignature);
}

#[test]
fn a_statement_that_was_changed_after_it_was_signed_is_bad() {
    let key = key();
    let signed = Forge::new(Digest::of(b"another"), by_key(&key)).value(&key);
    let mut changed = Forge::new(digest(), by_key(&key)).value(&key);
    changed["dsseEnvelope"]["signatures"] = signed["dsseEnvelope"]["signatures"].clone();
    let changed = changed.to_string().into_bytes();
    assert_eq!(refused(&trusting(&key), package(&[changed])).kind(), ErrorKind::BadSignature);
}

#[test]
fn the_signature_of_another_package_is_told_as_such() {
    let key = key();
    let place = trusting(&key);
    let other = Forge::new(Digest::of(b"another"), by_key(&key)).bytes(&key);
    assert_eq!(refused(&place, package(&[other])).kind(), ErrorKind::WrongSubject);
    let good = Forge::new(digest(), by_key(&key)).bytes(&key);
    let named = Parts { signatures: vec![(good, None)], subject: Some(Digest::of(b"another")), ..Parts::new() };
    assert_eq!(refused(&place, archive(&named.entries())).kind(), ErrorKind::WrongSubject);
}

#[test]
fn a_statement_about_several_things_or_none_is_about_another_thing() {
    let key = key();
    let place = trusting(&key);
    for subjects in [0, 2] {
        let mut forge = Forge::new(digest(), by_key(&key));
        let subject = forge.statement["subject"][0].clone();
        forge.statement["subject"] = vec![subject; subjects].into();
        assert_eq!(refused(&place, package(&[forge.bytes(&key)])).kind(), ErrorKind::WrongSubject, "{subjects}");
    }
}

#[test]
fn a_bundle_that_is_none_is_told_as_such() {
    let key = key();
    let place = trusting(&key);
    let chain = json!({"x509CertificateChain": {"certificates": []}});
    let both = json!({"publicKey": by_key(&key)["publicKey"], "certificate": {"rawBytes": ""}});
    let change = |change: &dyn Fn(&mut Forge)| {
        let mut forge = Forge::new(digest(), by_key(&key));
        change(&mut forge);
        forge.bytes(&key)
    };
    let edit = |edit: &dyn Fn(&mut Value)| {
        let mut bundle = Forge::new(digest(), by_key(&key)).value(&key);
        edit(&mut bundle);
        bundle.to_string().into_bytes()
    };
    let bundles = [
        b"hello".to_vec(),
        b"{}".to_vec(),
        change(&|forge| forge.media_type = "application/vnd.dev.sigstore.bundle+json;version=0.2".to_owned()),
        change(&|forge| forge.payload_type = "application/json".to_owned()),
        change(&|forge| forge.material = json!({})),
        change(&|forge| forge.material = chain.clone()),
        change(&|forge| forge.material = both.clone()),
        change(&|forge| forge.material = by_certificate(b"no certificate")),
        change(&|forge| forge.statement["_type"] = "https://in-toto.io/Statement/v0.1".into()),
        change(&|forge| forge.statement["predicateType"] = "https://example.com/scanned".into()),
        change(&|forge| forge.statement = json!([])),
        edit(&|bundle| bundle["dsseEnvelope"]["signatures"] = json!([])),
        edit(&|bundle| {
            let one = bundle["dsseEnvelope"]["signatures"][0].clone();
            bundle["dsseEnvelope"]["signatures"] = json!([one, one]);
        }),
        edit(&|bundle| bundle["dsseEnvelope"]["signatures"][0]["sig"] = "***".into()),
        edit(&|bundle| bundle["dsseEnvelope"]["payload"] = "***".into()),
    ];
    for bundle in bundles {
        let text = String::from_utf8_lossy(&bundle).into_owned();
        assert_eq!(refused(&place, package(&[bundle])).kind(), ErrorKind::Bundle, "{text}");
    }
}

#[test]
fn provenance_that_was_not_signed_is_told_as_such() {
    let key = key();
    let forge = Forge::new(digest(), by_key(&key));
    let with = |provenance: &[u8]| {
        let signatures = vec![(forge.bytes(&key), Some(provenance.to_vec()))];
        archive(&Parts { signatures, ..Parts::new() }.entries())
    };
    let place = trusting(&key);
    authenticate(&place, with(&forge.payload())).unwrap();
    assert_eq!(refused(&place, with(b"{}")).kind(), ErrorKind::Provenance);
}

#[test]
fn one_good_signature_of_several_is_enough() {
    let (trusted, other) = (key(), key());
    let place = trusting(&trusted);
    let bad = Forge::new(digest(), by_key(&other)).bytes(&other);
    let good = Forge::new(digest(), by_key(&trusted)).bytes(&trusted);
    assert_eq!(authenticate(&place, package(&[bad.clone(), good])).unwrap().signer().unwrap().name, "builder");
    assert_eq!(refused(&place, package(&[bad.clone(), b"{}".to_vec()])).kind(), ErrorKind::UntrustedKey);
}

#[test]
fn revoked_keys_and_packages_are_told_as_such_with_the_reason() {
    let key = key();
    let place = trusting(&key);
    let package = || package(&[Forge::new(digest(), by_key(&key)).bytes(&key)]);
    let mut revoked = place.home.revoked().unwrap();
    revoked.packages.insert(digest().to_string(), "it hears too much".to_owned());
    place.home.set_revoked(&revoked).unwrap();
    let error = refused(&place, package());
    assert_eq!(error.kind(), ErrorKind::Revoked);
    assert!(error.message().contains("it hears too much"), "{error}");
    revoked.packages.clear();
    revoked.keys.insert(public(&key).id().to_string(), String::new());
    place.home.set_revoked(&revoked).unwrap();
    assert_eq!(refused(&place, package()).kind(), ErrorKind::Revoked);
    place.home.distrust_key("builder").unwrap();
    assert_eq!(refused(&place, package()).kind(), ErrorKind::Revoked, "also when it is no longer trusted");
}

/// A package signed by the signer of `chain`.
fn certified(chain: &Chain) -> Vec<u8> {
    package(&[Forge::new(digest(), by_certificate(&chain.leaf)).bytes(&chain.leaf_key)])
}

fn trusting_authority(trusted_root: &str) -> Place {
    let place = Place::new();
    place.home.trust_authorities(trusted_root).unwrap();
    place
}

#[test]
fn a_certificate_of_a_trusted_authority_is_believed_by_its_name() {
    let chain = Chain::new();
    let place = trusting_authority(&chain.trusted_root());
    let package = authenticate(&place, certified(&chain)).unwrap();
    assert_eq!(package.signer().unwrap().name, IDENTITY);
    assert!(!package.is_own());
}

#[test]
fn a_certificate_of_another_authority_is_not_believed() {
    let chain = Chain::new();
    for place in [
        Place::new(),
        trusting_authority(&Chain::new().trusted_root()),
        trusting_authority(&chain.trusted_root_alone()),
    ] {
        assert_eq!(refused(&place, certified(&chain)).kind(), ErrorKind::UntrustedChain);
    }
}

#[test]
fn a_certificate_that_is_not_valid_now_is_told_as_such() {
    let chain = Chain::new();
    let place = trusting_authority(&chain.trusted_root());
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let kind = |seconds| authenticate_at(&place, certified(&chain), at(seconds)).unwrap_err().kind();
    assert_eq!(kind(1_900_000_000), ErrorKind::CertificateExpired);
    assert_eq!(kind(1_750_000_000), ErrorKind::CertificateNotYetValid);
    assert_eq!(kind(1_000_000_000), ErrorKind::UntrustedChain, "the authority is not trusted for that time");
}

#[test]
fn a_certificate_for_another_use_is_told_as_such() {
    let chain = Chain::with(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    let place = trusting_authority(&chain.trusted_root());
    assert_eq!(refused(&place, certified(&chain)).kind(), ErrorKind::CertificateUse);
}

#[test]
fn a_signature_by_another_key_than_the_certificates_is_bad() {
    let chain = Chain::new();
    let place = trusting_authority(&chain.trusted_root());
    let forged = Forge::new(digest(), by_certificate(&chain.leaf)).bytes(&key());
    assert_eq!(refused(&place, package(&[forged])).kind(), ErrorKind::BadSignature);
}

#[test]
fn revoking_an_authority_revokes_those_that_it_vouches_for() {
    let chain = Chain::new();
    let place = trusting_authority(&chain.trusted_root());
    let mut revoked = place.home.revoked().unwrap();
    revoked.keys.insert(chain.intermediate_key().id().to_string(), "broken into".to_owned());
    place.home.set_revoked(&revoked).unwrap();
    assert_eq!(refused(&place, certified(&chain)).kind(), ErrorKind::Revoked);
}

#[test]
fn a_draft_is_signed_with_a_certificate() {
    let chain = Chain::new();
    let place = trusting_authority(&chain.trusted_root());
    let mut draft = place.draft();
    let key = SigningKey::from_pem(&chain.leaf_key.serialize_pem()).unwrap();
    draft.sign_with_certificate(&key, &chain.leaf, &provenance()).unwrap();
    assert_eq!(authenticate(&place, bytes(&draft)).unwrap().signer().unwrap().name, IDENTITY);
}

#[test]
fn a_policy_asks_for_a_signer_by_key_or_by_name() {
    let key = key();
    let place = trusting(&key);
    let signed = || package(&[Forge::new(digest(), by_key(&key)).bytes(&key)]);
    policy(&place, &[IDENTITY], Mode::Enforce);
    let error = refused(&place, signed());
    assert_eq!(error.kind(), ErrorKind::Policy);
    assert!(error.message().contains(IDENTITY), "{error}");
    policy(&place, &[IDENTITY, &public(&key).id().to_string()], Mode::Enforce);
    authenticate(&place, signed()).unwrap();
    let chain = Chain::new();
    place.home.trust_authorities(&chain.trusted_root()).unwrap();
    authenticate(&place, certified(&chain)).unwrap();
}

#[test]
fn a_policy_may_let_packages_through_but_never_forged_ones() {
    let (trusted, other) = (key(), key());
    let place = trusting(&trusted);
    policy(&place, &[], Mode::Warn);
    let unsigned = authenticate(&place, bytes(&place.draft())).unwrap();
    assert_eq!(unsigned.warning().unwrap().kind(), ErrorKind::Unsigned);
    assert!(unsigned.signer().is_none() && !unsigned.is_own());
    let unknown = Forge::new(digest(), by_key(&other)).bytes(&other);
    assert_eq!(authenticate(&place, package(&[unknown])).unwrap().warning().unwrap().kind(), ErrorKind::UntrustedKey);
    let forged = Forge::new(digest(), by_key(&trusted)).bytes(&other);
    assert_eq!(refused(&place, package(&[forged])).kind(), ErrorKind::BadSignature);
}

#[test]
fn trust_files_that_are_not_valid_are_never_passed_over() {
    let cases = [
        ("trust/policy.json", "{\"rules\": [{\"scope\": \"*\", \"mod\": \"warn\"}]}"),
        ("trust/policy.json", "["),
        ("trust/policy.json", "{\"rules\": [{\"scope\": \"\"}]}"),
        ("trust/policy.json", "{\"rules\": [{\"scope\": \"/srv/packages\"}]}"),
        ("trust/policy.json", "{\"rules\": [{\"scope\": \"file:///srv/../packages\"}]}"),
        ("trust/policy.json", "{\"rules\": [{\"scope\": \"oci://R.example/team\"}]}"),
        ("trust/policy.json", "{\"rules\": [{\"scope\": \"oci://r.example:443/team\"}]}"),
        ("trust/policy.json", "{\"rules\": [{\"scope\": \"oci://r.example/team/voice:1\"}]}"),
        ("trust/revoked.json", "{\"keys\": {\"me\": \"\"}}"),
        ("trust/revoked.json", "{\"packages\": {\"00\": \"\"}}"),
        ("trust/trusted_root.json", "{}"),
        ("trust/trusted_root.json", "{\"mediaType\": \"text/plain\"}"),
        ("trust/keys/other.pem", "no key"),
    ];
    for (file, content) in cases {
        let place = Place::new();
        place.file(&format!("home/{file}"), content.as_bytes());
        assert_eq!(place.home.trust().unwrap_err().kind(), ErrorKind::TrustFile, "{file}: {content}");
    }
}

#[test]
fn keys_are_kept_by_name_for_the_user_alone() {
    let place = Place::new();
    assert_eq!(place.home.new_key("me").unwrap_err().kind(), ErrorKind::KeyExists);
    assert_eq!(place.home.new_key("../me").unwrap_err().kind(), ErrorKind::Key);
    assert_eq!(place.home.signing_key("you").unwrap_err().kind(), ErrorKind::KeyUnknown);
    assert_eq!(place.home.trust_key("me", &public(&key())).unwrap_err().kind(), ErrorKind::KeyExists);
    place.home.trust_key("you", &public(&key())).unwrap();
    assert_eq!(place.home.new_key("you").unwrap_err().kind(), ErrorKind::KeyExists);
    let names = |keys: Vec<NamedKey>| keys.into_iter().map(|key| key.name).collect::<Vec<_>>();
    assert_eq!(names(place.home.signing_keys().unwrap()), ["me"]);
    assert_eq!(names(place.home.trusted_keys().unwrap()), ["you"]);
    assert_eq!(place.home.distrust_key("me").unwrap_err().kind(), ErrorKind::KeyUnknown);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(place.path("home/keys/me.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
