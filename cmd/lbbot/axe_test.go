package main

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axe fails with each violation that axe-core finds in the page as it is shown: the
// rule, the element, and how to fix it.
func (r reader) axe(screen string) {
	r.t.Helper()
	violations, err := chromedp.Run(r.tab, chromedp.Evaluate[string](`(async () => {
		const found = await axe.run(document, {resultTypes: ["violations"]});
		return found.violations.flatMap(v => v.nodes.map(n =>
			v.id + ": " + n.target.join(" ") + "\n    " + n.failureSummary.replaceAll("\n", "\n    "))).join("\n");
	})()`, chromedp.EvalAwaitPromise))
	require.NoError(r.t, err)
	if violations != "" {
		r.picture("axe-" + strings.ReplaceAll(screen, " ", "-"))
		r.t.Errorf("axe-core finds on %s:\n%s", screen, violations)
	}
}

// checks runs axe-core in both widths and both colours.
func (r reader) checks(screen string) {
	r.t.Helper()
	source, err := os.ReadFile("testdata/axe/axe.min.js")
	require.NoError(r.t, err)
	require.NoError(r.t, chromedp.Do(r.tab, chromedp.Evaluate[chromedp.Void](string(source))))
	for width, set := range map[string]func(){"1440": r.desk, "390": r.phone} {
		set()
		if width == "390" {
			r.fits(screen)
		}
		for _, colours := range []string{"light", "dark"} {
			r.dark(colours == "dark")
			r.axe(screen + ", " + width + " pixels, " + colours)
		}
	}
	r.desk()
	r.dark(false)
}

func TestPageHasNoAxeViolation(t *testing.T) {
	r, address := visit(t)
	r.as(address, engineer, incident)
	r.checks("the alert")
	r.types("/lb-register api-lb/https-443 web-07 weight=50")
	r.reads(".message.private", "Preview")
	r.presses(".message.private .button.primary")
	r.reads(everyone, "Added web-07 to https-443 on api-lb")
	r.checks("a card")
	r.types("/lb-register payments-lb/https-443 web-08 weight=50")
	r.reads(".message.private:last-of-type", "payments-lb")
	r.presses(".message.private:last-of-type .button")
	r.reads("#confirm[open]", "Add")
	r.checks("a question")
	r.presses("#confirm [data-answer=no]")
	r.presses(".faults summary")
	r.checks("the faults")
	r.presses(".faults summary")
	r.types("/lb-register")
	r.reads("#modal[open]", "Add server")
	r.presses("#modal button[type=submit]")
	r.reads("#modal[open] .error", "")
	r.checks("the form with errors")
	r.keys("\x1b")
	r.until("document.querySelector('#modal').open === false")
	r.opensThread()
	r.checks("a thread")
	r.as(address, engineer, "home")
	r.reads("#home", "web-07")
	r.checks("Home")
	require.NoError(t, chromedp.Do(r.tab, chromedp.Navigate(address+"/log")))
	r.checks("everything sent")
}
