//! Signs a package before it is written.

use crate::bundle;
use crate::error::Result;
use crate::key::SigningKey;
use crate::pack::Draft;
use crate::statement::{Provenance, slsa};

impl Draft {
    /// Signs the package with `key`: a statement of SLSA that says how it was made.
    ///
    /// # Errors
    /// If the operating system gives no randomness, or the time of the build is no date.
    pub fn sign(&mut self, key: &SigningKey, provenance: &Provenance) -> Result<()> {
        let statement = self.statement(provenance)?;
        self.attach(bundle::sign(&statement, key)?, statement);
        Ok(())
    }

    /// As [`sign`](Self::sign), for a key that an authority vouches for in `certificate`, in DER.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_with_certificate(
        &mut self,
        key: &SigningKey,
        certificate: &[u8],
        provenance: &Provenance,
    ) -> Result<()> {
        let statement = self.statement(provenance)?;
        self.attach(bundle::sign_with_certificate(&statement, key, certificate)?, statement);
        Ok(())
    }

    fn statement(&self, provenance: &Provenance) -> Result<Vec<u8>> {
        slsa(self.name(), self.digest(), self.pipeline(), self.files(), &self.requires, provenance)
    }
}
