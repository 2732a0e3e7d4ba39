package policy

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"lbbot/bot/filewatch"
)

// Run reloads the file when it changes, until ctx ends, and returns nil. It
// activates what it loaded (see Activations). See filewatch.Watch.
func (g *Gate) Run(ctx context.Context) error {
	filewatch.Watch(ctx, []string{g.path}, g.poll, g.log, func() time.Duration {
		again, _ := g.reload() // errors are logged and kept in Status
		_ = g.Ready(ctx)
		return again
	})
	return nil
}

// Install is filewatch.Install for a policy file, which is alone in its folder.
func Install(path string, src []byte) error {
	dir, name := filepath.Dir(path), filepath.Base(path)
	if err := filewatch.Install(dir, map[string][]byte{name: src}); err != nil {
		return fmt.Errorf("installing the policy file: %w", err)
	}
	return nil
}
