// Command landfall-model fetches the embedded model and its engine. It is the
// verb `landfall model pull` by itself: it needs no database, so it is built in
// seconds and fetches while the rest is compiled.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"landfall/internal/local"
	"landfall/packs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	src, err := packs.Files.ReadFile("models.yaml")
	if err == nil {
		var cat local.Catalogue
		if cat, err = local.ParseCatalogue("packs/models.yaml", src); err == nil {
			err = local.Pull(ctx, os.Stderr, false, local.Config{Catalogue: cat})
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "landfall-model:", err)
		os.Exit(1)
	}
}
