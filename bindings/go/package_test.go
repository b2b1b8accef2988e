package remotemedia_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

const doubling = `{"factor": 2}`

// shop is a folder with packages, and the homes of who built them.
type shop struct {
	*testing.T
	folder string
}

// says runs the command for the user of a home.
func (s shop) says(home string, args ...string) string {
	s.Helper()
	command := exec.Command(os.Getenv("REMOTEMEDIA_COMMAND"), args...)
	command.Dir, command.Env = s.folder, append(os.Environ(), "REMOTEMEDIA_HOME="+s.path(home))
	output, err := command.Output()
	if err != nil {
		s.Fatalf("%v: %v; scripts/with_library.sh debug says where the command is", command, err)
	}
	return string(output)
}

func (s shop) path(name string) string { return filepath.Join(s.folder, name) }

func (s shop) build(home, name, nodeType, params string) string {
	s.Helper()
	must(s, os.WriteFile(s.path("manifest.json"), []byte(one(nodeType, params)), 0o600))
	s.says(home, "build", "manifest.json", "-o", name)
	return s.path(name)
}

func (s shop) open(file string, options ...remotemedia.PackageOption) (*remotemedia.Package, error) {
	return remotemedia.OpenPackage(file, append(options, remotemedia.Home(s.path("home")))...)
}

// refused checks that a package is not opened, and why.
func (s shop) refused(expected remotemedia.Status, file string, options ...remotemedia.PackageOption) {
	s.Helper()
	if _, err := s.open(file, options...); !errors.Is(err, expected) {
		s.Errorf("%s: %v, expected %v", file, err, expected)
	}
}

// doubles opens a package, closes all but the session, and checks that it doubles.
func (s shop) doubles(file string, options ...remotemedia.PackageOption) {
	s.Helper()
	opened, err := s.open(file, options...)
	must(s, err)
	pipeline, err := runtimeOf(s).PackagePipeline(opened)
	must(s, err)
	must(s, opened.Close())
	s.pipelineDoubles(pipeline)
}

func (s shop) pipelineDoubles(pipeline *remotemedia.Pipeline) {
	s.Helper()
	session, err := pipeline.Open(s.Context())
	must(s, err)
	defer session.Close()
	must(s, pipeline.Close())
	push(s, session, remotemedia.Int(3))
	packet, err := session.Poll(s.Context())
	must(s, err)
	defer packet.Close()
	if value, err := packet.Int(); err != nil || value != 6 {
		s.Errorf("%d, %v; expected 6", value, err)
	}
}

func newShop(t *testing.T) shop { return shop{t, t.TempDir()} }

func TestAPackageRunsAndSoDoesOneThatIsANodeOfIt(t *testing.T) {
	s := newShop(t)
	s.doubles(s.build("home", "double.rmpkg", "Multiply", doubling))
	s.doubles(s.build("home", "outer.rmpkg", "Pipeline", `{"package": "double.rmpkg"}`))
	manifest := one("Pipeline", `{"package": "double.rmpkg"}`)
	pipeline, err := runtimeOf(t).PipelineIn(s.folder, manifest, remotemedia.Home(s.path("home")))
	must(t, err)
	s.pipelineDoubles(pipeline)
	if _, err := runtimeOf(t).Pipeline(manifest); !errors.Is(err, remotemedia.StatusGraph) {
		t.Errorf("%v, expected that a manifest alone opens no packages", err)
	}
}

func TestAPackageTellsWhatTheCommandTells(t *testing.T) {
	s := newShop(t)
	opened, err := s.open(s.build("home", "double.rmpkg", "Multiply", doubling))
	must(t, err)
	text, err := opened.Inspect(runtimeOf(t))
	must(t, err)
	var told, expected any
	must(t, json.Unmarshal([]byte(text), &told))
	must(t, json.Unmarshal([]byte(s.says("home", "inspect", "--json", "double.rmpkg")), &expected))
	if !reflect.DeepEqual(told, expected) {
		t.Errorf("%v, expected %v", told, expected)
	}
	must(t, opened.Close())
	must(t, opened.Close())
	if _, err := opened.Inspect(runtimeOf(t)); !errors.Is(err, remotemedia.ErrClosed) {
		t.Errorf("%v, expected that it is closed", err)
	}
	if _, err := runtimeOf(t).PackagePipeline(opened); !errors.Is(err, remotemedia.ErrClosed) {
		t.Errorf("%v, expected that it is closed", err)
	}
}

func TestWhatIsNotToBeBelievedIsRefusedByStatus(t *testing.T) {
	s := newShop(t)
	s.refused(remotemedia.StatusPackageUntrusted, s.build("strangers", "untrusted.rmpkg", "Multiply", doubling))
	content, err := os.ReadFile(s.build("home", "double.rmpkg", "Multiply", doubling))
	must(t, err)
	at := regexp.MustCompile(`"factor":2`).FindIndex(content)
	content[at[1]-1] = '3'
	must(t, os.WriteFile(s.path("tampered.rmpkg"), content, 0o600))
	s.refused(remotemedia.StatusPackageTampered, s.path("tampered.rmpkg"))
	s.refused(remotemedia.StatusPackage, s.path("manifest.json"))
	s.refused(remotemedia.StatusPackageIO, s.path("missing.rmpkg"))
	s.refused(remotemedia.StatusInvalidArgument, "oci://no/Reference")

	reaching := s.build("others", "reaching.rmpkg", "WavSink", `{"path": "sound.wav"}`)
	must(t, os.WriteFile(s.path("others.pem"), []byte(s.says("others", "keys", "export")), 0o600))
	s.says("home", "trust", "add", "others.pem")
	for expected, options := range map[remotemedia.Status][]remotemedia.PackageOption{
		remotemedia.StatusPackageForeign: nil, remotemedia.StatusOK: {remotemedia.TrustNative()},
	} {
		opened, err := s.open(reaching, options...)
		must(t, err)
		_, err = runtimeOf(t).PackagePipeline(opened)
		if expected == remotemedia.StatusOK {
			must(t, err)
		} else if !errors.Is(err, expected) {
			t.Errorf("%v, expected %v", err, expected)
		}
	}
}

func TestAPackageOfARegistryIsFetchedOnce(t *testing.T) {
	s := newShop(t)
	address, stop := registry(t)
	s.build("home", "double.rmpkg", "Multiply", doubling)
	reference := fmt.Sprintf("oci://%s/team/double:1", address)
	s.refused(remotemedia.StatusRegistryUnknown, reference)
	s.says("home", "push", "double.rmpkg", reference)
	s.refused(remotemedia.StatusRegistryOffline, reference, remotemedia.Offline())
	s.doubles(reference)
	s.doubles(reference, remotemedia.Refresh(), remotemedia.PlainHTTP())
	stop()
	s.doubles(reference)
	s.doubles(reference, remotemedia.Offline())
	s.refused(remotemedia.StatusRegistry, reference, remotemedia.Refresh())
}

// registry starts Debian's registry; gives its address and what stops it.
func registry(t *testing.T) (address string, stop func()) {
	t.Helper()
	folder := t.TempDir()
	config := fmt.Sprintf("version: 0.1\nlog: {level: info}\nstorage:\n  filesystem: {rootdirectory: %s}\n"+
		"http:\n  addr: 127.0.0.1:0\n", filepath.Join(folder, "data"))
	must(t, os.WriteFile(filepath.Join(folder, "config.yml"), []byte(config), 0o600))
	server := exec.Command("docker-registry", "serve", filepath.Join(folder, "config.yml"))
	log, err := server.StderrPipe()
	must(t, err)
	must(t, server.Start())
	stop = func() {
		server.Process.Kill()
		server.Wait()
	}
	t.Cleanup(stop)
	lines, listening := bufio.NewScanner(log), regexp.MustCompile(`listening on ([0-9.:]+)`)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			// Whoever does not read its log stops it.
			go func() {
				for lines.Scan() {
				}
			}()
			return found[1], stop
		}
	}
	t.Fatal("the registry did not start")
	return "", nil
}
