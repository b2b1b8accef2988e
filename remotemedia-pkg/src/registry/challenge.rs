//! Challenges: how a registry asks for credentials, as `WWW-Authenticate` of RFC 9110 says it.

/// One challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password with each request.
    Basic,
    /// A token, which another service gives.
    Bearer { realm: String, service: Option<String> },
}

/// The challenges of a header that are known, in order.
pub(super) fn challenges(header: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for part in parts(header) {
        let (scheme, parameter) = match part.split_once(char::is_whitespace) {
            Some((scheme, rest)) if !scheme.contains('=') => (Some(scheme), rest.trim()),
            None if !part.contains('=') => (Some(part.as_str()), ""),
            _ => (None, part.as_str()),
        };
        if let Some(scheme) = scheme {
            found.push((scheme.to_ascii_lowercase(), Vec::new()));
        }
        if let (Some((_, parameters)), Some((name, value))) = (found.last_mut(), parameter.split_once('=')) {
            parameters.push((name.trim().to_ascii_lowercase(), unquoted(value.trim())));
        }
    }
    found.into_iter().filter_map(|(scheme, parameters)| known(&scheme, parameters)).collect()
}

fn known(scheme: &str, parameters: Vec<(String, String)>) -> Option<Challenge> {
    let named = |wanted: &str| {
        let found = parameters.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    };
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer { realm: named("realm")?, service: named("service") }),
        _ => None,
    }
}

/// The header cut at its commas, but for those in quotes.
fn parts(header: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in header.chars() {
        match c {
            ',' if !quoted => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
    }
    parts.push(part);
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut plain = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        plain.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn challenges_are_read_with_their_commas_and_quotes() {
        let scope = "repository:team/voice:pull,push";
        let header = format!("Bearer realm=\"https://auth.example/token\",service=\"r.example\",scope=\"{scope}\"");
        assert_eq!(challenges(&header), [bearer("https://auth.example/token", Some("r.example"))]);
        assert_eq!(challenges("basic Realm=\"a, b\""), [Challenge::Basic]);
        let several = "Negotiate, Basic realm=x, BEARER realm=\"https://a/\\\"q\\\"\"";
        assert_eq!(challenges(several), [Challenge::Basic, bearer("https://a/\"q\"", None)]);
    }

    #[test]
    fn what_cannot_be_answered_is_no_challenge() {
        for nothing in ["", ",,,", "Digest realm=\"x\"", "Bearer service=\"x\"", "realm=\"x\"", "Bearer realm=\"\""] {
            assert_eq!(challenges(nothing), [], "{nothing}");
        }
    }
}
