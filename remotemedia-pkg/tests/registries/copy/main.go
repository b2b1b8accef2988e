// copy copies an artifact with everything that refers to it, as `oras cp -r` does: from a repository of a registry on this
// machine (HOST:PORT/NAME) or an OCI layout (a folder) to another one, under the same tag. It prints the digest.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/oci"
	"oras.land/oras-go/v2/registry/remote"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: copy FROM TAG TO")
	}
	from, tag, to := open(os.Args[1]), os.Args[2], open(os.Args[3])
	copied, err := oras.ExtendedCopy(context.Background(), from, tag, to, tag, oras.DefaultExtendedCopyOptions)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(copied.Digest)
}

func open(place string) oras.GraphTarget {
	if strings.HasPrefix(place, "/") {
		layout, err := oci.New(place)
		if err != nil {
			log.Fatal(err)
		}
		return layout
	}
	repository, err := remote.NewRepository(place)
	if err != nil {
		log.Fatal(err)
	}
	repository.PlainHTTP = true
	return repository
}
