// Programs that the tests of registries need: a registry of OCI 1.1, and a client that copies as oras does.
module github.com/remotemedia/remotemedia/remotemedia-pkg/tests/registries

go 1.24.0

require (
	cuelabs.dev/go/oci/ociregistry v0.0.0-20251212221603-3adeb8663819
	oras.land/oras-go/v2 v2.6.0
)

require (
	github.com/opencontainers/go-digest v1.0.0 // indirect
	github.com/opencontainers/image-spec v1.1.1 // indirect
	golang.org/x/sync v0.14.0 // indirect
)
