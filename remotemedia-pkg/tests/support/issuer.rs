//! A service that gives tokens for a registry: JSON web tokens with the certificate of the key that signed them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

/// The service. It lets one user push and everybody pull, among them `reader`, who has the same password.
pub(crate) struct Issuer {
    pub(crate) address: String,
    /// Its certificate, which the registry is to trust, as PEM.
    pub(crate) certificate: String,
    /// What was asked for.
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request for a token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) scope: String,
    pub(crate) authorization: Option<String>,
}

struct Signer {
    pair: EcdsaKeyPair,
    certificate: String,
}

impl Issuer {
    /// Starts the service, which ends with the process.
    pub(crate) fn start(user: &str, password: &str) -> Self {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = CertificateParams::new(vec!["issuer.test".to_owned()]).unwrap().self_signed(&key).unwrap();
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der(), &random).unwrap();
        let signer = Signer { pair, certificate: STANDARD.encode(certificate.der()) };
        let login = |name: &str| format!("Basic {}", STANDARD.encode(format!("{name}:{password}")));
        let expected = [login(user), login("reader")];
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                answer(client.unwrap(), &expected, &signer, &heard);
            }
        });
        Self { address, certificate: certificate.pem(), asked }
    }

    /// The settings of a registry that takes these tokens.
    pub(crate) fn settings(&self, certificate_file: &str) -> String {
        format!(
            "auth:\n  token:\n    realm: http://{}/token\n    service: the registry\n    issuer: tests\n    \
             rootcertbundle: {certificate_file}",
            self.address
        )
    }
}

fn answer(mut client: TcpStream, expected: &[String; 2], signer: &Signer, heard: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let head: Vec<String> = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let Some(first) = head.first() else { return };
    let header = |name: &str| {
        let fields = head.iter().filter_map(|line| line.split_once(": "));
        fields.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let mut form = vec![0; header("content-length").map_or(0, |len| len.parse().unwrap())];
    reader.read_exact(&mut form).unwrap();
    let query = first
        .split(' ')
        .nth(1)
        .unwrap()
        .split_once('?')
        .map_or_else(|| String::from_utf8(form).unwrap(), |(_, query)| query.to_owned());
    let query = query.replace("%3A", ":").replace("%2F", "/").replace("%2C", ",").replace("%20", " ");
    let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let (scope, service) = (field("scope").unwrap(), field("service").unwrap());
    let authorization = header("authorization");
    heard.lock().unwrap().push(Asked { scope: scope.to_owned(), authorization: authorization.clone() });
    let may_push = authorization.as_ref() == Some(&expected[0]) || field("refresh_token") == Some(IDENTITY);
    let (status, body) = match authorization.is_some_and(|it| !expected.contains(&it)) {
        true => ("401 Unauthorized", json!({"details": "wrong password"})),
        false => ("200 OK", json!({"access_token": signer.token(service, scope, may_push)})),
    };
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // A client that is gone is no fault of the service.
    let _gone = client.write_all(format!("{head}{body}").as_bytes());
}

impl Signer {
    fn token(&self, service: &str, scope: &str, may_push: bool) -> String {
        let [kind, name, actions] = scope.split(':').collect::<Vec<_>>()[..] else { panic!("{scope}") };
        let actions: Vec<&str> = actions.split(',').filter(|action| may_push || *action == "pull").collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({
            "iss": "tests", "sub": "somebody", "aud": service, "exp": now + 60, "nbf": now - 10, "iat": now, "jti": "1",
            "access": [{"type": kind, "name": name, "actions": actions}],
        });
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [self.certificate]});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

/// What the service takes in the place of the user's name and password.
pub(crate) const IDENTITY: &str = "identity-of-alice";
