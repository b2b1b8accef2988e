//! The policy: who may sign the packages of which place, and whether that is enforced.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::reference::begins_place;

/// The rules of `policy.json`. Where none applies, every trusted signer is good and that is enforced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The rules, of which the one with the longest scope applies.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// What holds for the packages of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The beginning of a reference up to a `/`, such as `oci://registry.example/team` or `file:///srv/packages`; `*`
    /// for every place.
    pub scope: String,
    /// Who may sign: ids of keys, and names in certificates. Every trusted signer if there is none.
    #[serde(default)]
    pub identities: BTreeSet<String>,
    /// What happens to other packages.
    #[serde(default)]
    pub mode: Mode,
}

/// What happens to packages that are not signed as they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// They are refused.
    #[default]
    Enforce,
    /// They are let through with a warning. Packages that were tampered with or revoked are refused all the same.
    Warn,
}

impl Policy {
    /// Checks that there are places for every rule: one without would be passed over, and its signers with it.
    pub(crate) fn check_scopes(&self) -> Result<()> {
        let Some(rule) = self.rules.iter().find(|rule| !rule.has_places()) else { return Ok(()) };
        let message = format!(
            "policy.json has a rule for {:?}, where no package can be; expected oci://host/repository in lower case \
             without :443 and a tag, file:///folder, or *",
            rule.scope
        );
        Err(Error::new(ErrorKind::TrustFile, message))
    }

    /// The rule for the packages of `place`.
    pub(crate) fn rule(&self, place: &str) -> Option<&Rule> {
        self.rules.iter().filter(|rule| rule.covers(place)).max_by_key(|rule| rule.scope.len())
    }

    pub(crate) fn mode(&self, place: &str) -> Mode {
        self.rule(place).map(|rule| rule.mode).unwrap_or_default()
    }

    /// Checks that one of `identities` may sign packages of `place`.
    pub(crate) fn check(&self, place: &str, identities: &[String]) -> Result<()> {
        let Some(rule) = self.rule(place).filter(|rule| !rule.identities.is_empty()) else { return Ok(()) };
        if identities.iter().any(|identity| rule.identities.contains(identity)) {
            return Ok(());
        }
        let expected = rule.identities.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let message = format!(
            "signed by {}, but the policy for {:?} expects {expected}",
            identities.first().map_or("nobody with a name", String::as_str),
            rule.scope
        );
        Err(Error::new(ErrorKind::Policy, message))
    }
}

impl Rule {
    fn has_places(&self) -> bool {
        let is_plain = |path: &str| !path.contains("//") && !path.split('/').any(|name| name == "." || name == "..");
        self.scope == "*" || begins_place(&self.scope) || self.scope.strip_prefix("file:///").is_some_and(is_plain)
    }

    fn covers(&self, place: &str) -> bool {
        let inside = |rest: &str| rest.is_empty() || rest.starts_with('/') || self.scope.ends_with('/');
        self.scope == "*" || place.strip_prefix(&self.scope).is_some_and(inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(scope: &str, identities: &[&str], mode: Mode) -> Rule {
        let identities = identities.iter().map(|identity| (*identity).to_owned()).collect();
        Rule { scope: scope.to_owned(), identities, mode }
    }

    #[test]
    fn the_rule_with_the_longest_scope_applies_and_names_end_at_a_slash() {
        let policy = Policy {
            rules: vec![
                rule("*", &["anyone"], Mode::Warn),
                rule("oci://r.example/team", &["a"], Mode::Enforce),
                rule("oci://r.example/team/inner", &["b"], Mode::Warn),
            ],
        };
        assert!(policy.check("oci://r.example/team", &["a".to_owned()]).is_ok());
        assert!(policy.check("oci://r.example/team/x", &["a".to_owned()]).is_ok());
        assert!(policy.check("oci://r.example/team/inner/x", &["a".to_owned()]).is_err());
        assert_eq!(policy.rule("oci://r.example/teams").unwrap().scope, "*");
        assert_eq!(policy.mode("oci://r.example/team/x"), Mode::Enforce);
        assert_eq!(policy.mode("file:///tmp/x"), Mode::Warn);
    }

    #[test]
    fn without_a_rule_every_trusted_signer_is_good_and_that_is_enforced() {
        let policy = Policy::default();
        assert!(policy.check("oci://r.example/x", &[]).is_ok());
        assert_eq!(policy.mode("oci://r.example/x"), Mode::Enforce);
    }
}
