package remotemedia

// #include "bridge.h"
import "C"

import "runtime"

// Package is a package that was verified. Its files stay where they are for as long as it, a pipeline of it or a session
// of that is open. Its methods may be called from any goroutine.
type Package struct {
	object[*C.rm_package_t]
}

// PackageOption changes how packages are opened. What holds without any is what is secure.
type PackageOption func(*packageConfig)

type packageConfig struct {
	offline, refresh, plainHTTP, trustNative bool
	home                                     string
}

// Offline has no registry asked: what the cache lacks is StatusRegistryOffline.
func Offline() PackageOption {
	return func(config *packageConfig) { config.offline = true }
}

// Refresh has registries asked also where the cache knows what a tag was on.
func Refresh() PackageOption {
	return func(config *packageConfig) { config.refresh = true }
}

// PlainHTTP has the registry of the reference spoken to without encryption.
func PlainHTTP() PackageOption {
	return func(config *packageConfig) { config.plainHTTP = true }
}

// TrustNative lets packages of others do all that this program may.
func TrustNative() PackageOption {
	return func(config *packageConfig) { config.trustNative = true }
}

// Home names the folder with keys, trust, registries.json and the cache. Without it that is what the environment calls
// REMOTEMEDIA_HOME, or .remotemedia in the user's home.
func Home(folder string) PackageOption {
	return func(config *packageConfig) { config.home = folder }
}

// lent is what the options come to, lent to C for the length of a call.
func lent(options []PackageOption) C.rmgo_package_config_t {
	var config packageConfig
	for _, option := range options {
		option(&config)
	}
	home, length := chars(config.home)
	return C.rmgo_package_config_t{
		offline: C.bool(config.offline), refresh: C.bool(config.refresh), plain_http: C.bool(config.plainHTTP),
		trust_native: C.bool(config.trustNative), home: home, home_len: length,
	}
}

// OpenPackage opens a file or a reference to a registry (oci://HOST/NAME:TAG): it verifies who signed it and that the
// user trusts them, and writes what the cache lacks of it there. Nothing of it is executed. For a file no socket is
// opened. The call takes as long as the disk and the registry do.
func OpenPackage(reference string, options ...PackageOption) (*Package, error) {
	if abi != nil {
		return nil, abi
	}
	data, length := chars(reference)
	made := C.rmgo_package_open(data, length, lent(options))
	if err := failure(made.status, made.error); err != nil {
		return nil, err
	}
	p, pointer := new(Package), (*C.rm_package_t)(made.object)
	p.open(pointer, releasePackage)
	p.cleanup = runtime.AddCleanup(p, aside(releasePackage), pointer)
	return p, nil
}

func releasePackage(pointer *C.rm_package_t) { C.rm_package_release(pointer) }

// Close gives the package back; its pipelines and their sessions keep its files. Closing twice is no error.
func (p *Package) Close() error {
	p.close()
	return nil
}

// Inspect tells what is in the package, who signed it, and its graph with the node types of rt, as the JSON that
// `remotemedia inspect --json` writes. Nothing of the package is executed, and packages in registries that are nodes of it
// are shown by their references, not fetched.
func (p *Package) Inspect(rt *Runtime) (string, error) {
	pointer, isOpen := p.enter()
	if !isOpen {
		return "", closed("package")
	}
	defer p.leave()
	host, isOpen := rt.enter()
	if !isOpen {
		return "", closed("runtime")
	}
	defer rt.leave()
	return madeText(C.rmgo_package_inspect(pointer, host))
}

// PackagePipeline opens the pipeline of a package, and the packages that are nodes of it, as the package was opened. One
// that is not signed with a key of the user's own is refused with StatusPackageForeign if its nodes do more than
// compute, unless it was opened with TrustNative. Nodes in Python run after SetPython; before, they are
// StatusUnsupported.
func (rt *Runtime) PackagePipeline(p *Package) (*Pipeline, error) {
	pointer, isOpen := rt.enter()
	if !isOpen {
		return nil, closed("runtime")
	}
	defer rt.leave()
	opened, isOpen := p.enter()
	if !isOpen {
		return nil, closed("package")
	}
	defer p.leave()
	return newPipeline(C.rmgo_pipeline_open_package(pointer, opened))
}

// PipelineIn is Pipeline for a manifest whose nodes may be packages; the paths of files begin at folder.
func (rt *Runtime) PipelineIn(folder, manifest string, options ...PackageOption) (*Pipeline, error) {
	pointer, isOpen := rt.enter()
	if !isOpen {
		return nil, closed("runtime")
	}
	defer rt.leave()
	data, length := chars(manifest)
	folderData, folderLength := chars(folder)
	return newPipeline(C.rmgo_pipeline_open_in(pointer, data, length, folderData, folderLength, lent(options)))
}
